import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runOnionShowCommand } from '../../../src/commands/onion/onion-show.ts';
import type { Config } from '../../../src/config/schema.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two, three] = [makeOnionAddress(1), makeOnionAddress(2), makeOnionAddress(3)];
const key = `descriptor:x25519:${'B'.repeat(51)}A`;

async function run(config: Config, json: boolean): Promise<string> {
  let text = '';
  const log = createRecordingLog();
  assert.equal(await runOnionShowCommand({ json, config, log }, (more) => void (text += more)), 0);
  assert.deepEqual(log.lines, []);
  return text;
}

function prepare(t: TestContext) {
  const { config } = makeConfig(t, {
    domains: { own: ['example.org', 'example.net'] },
    receiving: {
      onionServices: [
        { name: 'group', authorisedClients: [key], target: 'unix:/run/group' },
        { name: 'mail' },
        { name: 'fresh' },
        { name: 'old', port: 2525 },
      ],
    },
  });
  const onion = join(config.stateFolder, 'onion');
  for (const [name, address] of [
    ['group', one],
    ['mail', two],
    ['old', three],
    ['retired', makeOnionAddress(4)],
  ] as const) {
    mkdirSync(join(onion, name), { recursive: true });
    writeFileSync(join(onion, name, 'hostname'), `${address}\n`);
  }
  mkdirSync(join(onion, 'empty'));
  mkdirSync(join(onion, 'group', 'authorized_clients'));
  for (const file of ['alice.auth', 'onionmx-0123456789abcdef.auth', 'note.txt'])
    writeFileSync(join(onion, 'group', 'authorized_clients', file), '');
  const traffic = {
    [two]: { since: '2026-01-01T00:00:00.000Z', circuits: 3, lastAt: '2026-02-01T00:00:00.000Z' },
    [three]: { since: '2026-01-01T00:00:00.000Z', circuits: 0, lastAt: null },
  };
  writeFileSync(join(config.stateFolder, 'onion-clients.json'), JSON.stringify(traffic));
  return { config, onion };
}

test('each service: where it is found, who may come, and who still does', async (t) => {
  const { config, onion } = prepare(t);
  assert.equal(
    await run(config, false),
    `group
  address  ${one}
  port     25, leads to unix:/run/group
  open to  a closed group of 2: not in DNS, its members have it in their map
  keys     ${onion}/group
  clients  not counted yet

mail
  address  ${two}
  port     25, leads to 127.0.0.1:2515
  open to  everybody
  keys     ${onion}/mail
  clients  3 circuits since 2026-01-01T00:00:00.000Z, the last at 2026-02-01T00:00:00.000Z

fresh
  address  none yet: tor makes it when \`onionmx serve\` starts
  port     25, leads to 127.0.0.1:2515
  open to  everybody
  keys     ${onion}/fresh
  clients  not counted yet

old
  address  ${three}
  port     2525, leads to 127.0.0.1:2515
  open to  everybody
  keys     ${onion}/old
  clients  none since 2026-01-01T00:00:00.000Z

SRV records to publish:
  _onion-mx._tcp.example.org. 3600 IN SRV 0 5 25 ${two}.
  _onion-mx._tcp.example.org. 3600 IN SRV 20 5 2525 ${three}.
  _onion-mx._tcp.example.net. 3600 IN SRV 0 5 25 ${two}.
  _onion-mx._tcp.example.net. 3600 IN SRV 20 5 2525 ${three}.

${onion}/retired: keys that no configured service uses
`,
  );
});

test('the same for scripts', async (t) => {
  const { config, onion } = prepare(t);
  const { services, records, unusedKeys } = JSON.parse(await run(config, true));
  assert.deepEqual(services[0], {
    name: 'group',
    onionAddress: one,
    port: 25,
    target: 'unix:/run/group',
    closedGroup: 2,
    keys: join(onion, 'group'),
    clients: null,
  });
  assert.equal(services[2].onionAddress, null);
  assert.equal(services[1].clients.circuits, 3);
  assert.equal(records.length, 4);
  assert.deepEqual(unusedKeys, ['retired']);
});

test('nothing configured', async (t) => {
  const { config } = makeConfig(t);
  assert.match(
    await run(config, false),
    /^no onion service is configured: add one to receiving.onionServices/,
  );
  const { config: running } = makeConfig(t, { tor: { use: 'running' } });
  assert.match(
    await run(running, false),
    /^the Tor in use is not ours: its onion services are in its own torrc/,
  );
  assert.deepEqual(JSON.parse(await run(config, true)), { services: [], records: [], unusedKeys: [] });
});

test('without own domains there are no records, and it says why', async (t) => {
  const { config } = makeConfig(t, { receiving: { onionServices: [{ name: 'mail' }] } });
  assert.match(
    await run(config, false),
    /\nname your domains in domains.own to see the SRV records to publish\n$/,
  );
});
