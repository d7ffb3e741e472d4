import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ExportFormat, runMapExportCommand } from '../../../src/commands/map/map-export.ts';
import { endpointNameOf, toExchangerSet } from '../../../src/protocol/exchanger.ts';
import { makeExchanger, makeOnionAddress } from '../../made-up-onions.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const map = `${one}: [b.test, a.test, own.test, ignored.test]
c.test: [{ onion: ${one}, priority: 10 }, { onion: ${two}, port: 2525, priority: 20 }]
`;
const pair = [makeExchanger(1, { priority: 10 }), makeExchanger(2, { port: 2525, priority: 20 })];
const pairName = endpointNameOf(toExchangerSet(pair) ?? [makeExchanger(1)]);

async function run(t: TestContext, format: ExportFormat, routingEndpoint: string | null, text = map) {
  const { config, folder } = makeConfig(t, (own) => ({
    map: [join(own, 'map.yml')],
    domains: { own: ['own.test'], ignored: ['ignored.test'] },
    delivery: { endpointFolder: '/run/onionmx', nexthopPrefix: 'onionmx', routingEndpoint },
  }));
  writeFileSync(join(folder, 'map.yml'), text);
  let printed = '';
  const code = await runMapExportCommand(format, config, (more) => void (printed += more));
  return { code, lines: printed.split('\n').filter((line) => line !== '' && !line.startsWith('#')), printed };
}

const tables: readonly [format: ExportFormat, routingEndpoint: string | null, lines: readonly string[]][] = [
  [
    'postfix',
    null,
    [
      `a.test onion:unix:onionmx/${one}`,
      `b.test onion:unix:onionmx/${one}`,
      `c.test onion:unix:onionmx/${pairName}`,
    ],
  ],
  ['postfix', '127.0.0.1:2600', ['a', 'b', 'c'].map((name) => `${name}.test onion:inet:127.0.0.1:2600`)],
  ['postfix', '[::1]:2600', ['a', 'b', 'c'].map((name) => `${name}.test onion:inet:[::1]:2600`)],
  ['postfix', 'unix:/run/r.sock', ['a', 'b', 'c'].map((name) => `${name}.test onion:unix:/run/r.sock`)],
  [
    'exim',
    null,
    [`a.test: /run/onionmx/${one}`, `b.test: /run/onionmx/${one}`, `c.test: /run/onionmx/${pairName}`],
  ],
  ['exim', '[::1]:2600', ['a', 'b', 'c'].map((name) => `${name}.test: [::::1]::2600`)],
  ['exim', 'unix:/run/r.sock', ['a', 'b', 'c'].map((name) => `${name}.test: /run/r.sock`)],
];
for (const [format, routingEndpoint, lines] of tables) {
  test(`export for ${format}, routing endpoint ${routingEndpoint ?? 'none'}`, async (t) => {
    const result = await run(t, format, routingEndpoint);
    assert.deepEqual([result.code, result.lines], [0, lines]);
    assert.equal(/once onionmx serve was asked/.test(result.printed), routingEndpoint === null);
  });
}

test('export as JSON', async (t) => {
  const rows: unknown = JSON.parse((await run(t, 'json', null)).printed);
  assert.ok(Array.isArray(rows));
  assert.equal(rows.length, 3);
  assert.deepEqual(rows[2], {
    domain: 'c.test',
    nexthop: `onion:unix:onionmx/${pairName}`,
    exchangers: pair,
  });
});

test('a broken map is not exported', (t) =>
  assert.rejects(run(t, 'postfix', null, 'a.test: 1\n'), { code: 'map-invalid' }));
