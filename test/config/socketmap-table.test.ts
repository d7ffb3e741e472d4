import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/parse-config.ts';
import { printConfig } from '../../src/config/print-config.ts';
import { testBadConfigs } from './bad-config.ts';
import { rootEnvironment } from './made-up-environment.ts';

const tables = [
  'socketmap:inet:127.0.0.1:8461:postfix',
  'socketmap:inet:[::1]:8642:QUERYwithTLSRPT',
  'socketmap:unix:/run/tlspol/tlspol.sock:QUERY',
];
for (const text of tables) {
  test(`${text} comes back`, () => {
    const config = parseConfig(`trust: { tlsPolicyDaemon: "${text}" }`, 'c.yaml', rootEnvironment);
    assert.match(
      printConfig(config),
      new RegExp(`^ {2}tlsPolicyDaemon: ${text.replaceAll(/[[\]]/g, '\\$&')}$`, 'm'),
    );
  });
}

test('where it is asked', () => {
  const { trust } = parseConfig(`trust: { tlsPolicyDaemon: "${tables[0]}" }`, 'c.yaml', rootEnvironment);
  const address = { kind: 'tcp', host: '127.0.0.1', port: 8461 };
  assert.deepEqual(trust.tlsPolicyDaemon, { address, mapName: 'postfix' });
});

const place = '1:27: trust.tlsPolicyDaemon:';
const forms = 'write socketmap:inet:IP:PORT:NAME or socketmap:unix:/PATH:NAME';
testBadConfigs(
  [
    ['without its kind', '127.0.0.1:8461', `is no socketmap table: ${forms}`],
    ['another kind of table', 'tcp:127.0.0.1:8461', `is no socketmap table: ${forms}`],
    ['without the name of the map', 'socketmap:unix:/run/s', `is no socketmap table: ${forms}`],
    [
      'on another host',
      'socketmap:inet:192.0.2.1:8461:postfix',
      'is not on this host: use 127.0.0.1, [::1] or unix:/path',
    ],
  ].map(([why = '', text = '', said = '']) => ({
    why,
    text: `trust: { tlsPolicyDaemon: "${text}" }\n`,
    complaints: [`${place} "${text}" ${said}`],
  })),
);
testBadConfigs([
  {
    why: 'a name, which would have to be looked up',
    text: 'trust: { tlsPolicyDaemon: "socketmap:inet:localhost:8461:postfix" }\n',
    complaints: [
      `${place} "localhost:8461" is no socket address: write unix:/absolute/path or IP-ADDRESS:PORT`,
    ],
  },
]);
