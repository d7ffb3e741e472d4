import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { OnionmxError } from '../../src/errors.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { rootEnvironment } from './made-up-environment.ts';

test('a file at its usual place is read', async (t) => {
  const file = join(makeTemporaryFolder(t), 'onionmx.yaml');
  writeFileSync(file, 'log: {level: debug}\n');
  const { config, file: found } = await loadConfig(undefined, rootEnvironment, file);
  assert.equal(config.log.level, 'debug');
  assert.equal(found, file);
});

test('without a file at its usual place all defaults hold', async (t) => {
  const { config, file } = await loadConfig(
    undefined,
    rootEnvironment,
    join(makeTemporaryFolder(t), 'x/y.yaml'),
  );
  assert.equal(file, undefined);
  assert.deepEqual(config, parseConfig('', 'c.yaml', rootEnvironment));
});

test('a file that is named must be there', async (t) => {
  const file = join(makeTemporaryFolder(t), 'onionmx.yaml');
  await assert.rejects(loadConfig(file, rootEnvironment), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'config-missing');
    assert.equal(error.message, `there is no configuration file ${file}`);
    assert.equal(error.hint, `write one: onionmx config > ${file}`);
    return true;
  });
});

test('a file that cannot be read is an error, also at its usual place', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'onionmx.yaml');
  mkdirSync(folder);
  await assert.rejects(loadConfig(undefined, rootEnvironment, folder), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'config-unreadable');
    assert.match(error.message, new RegExp(`^cannot read the configuration file ${folder}: EISDIR`));
    assert.equal(error.hint, `look at its permissions: ls -l ${folder}`);
    return true;
  });
});

for (const text of ['', '# only a comment\n', '---\n', 'null\n', '{}\n', 'dns:\n  # tries: 3\nmap:\n']) {
  test(`nothing said means the defaults: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      parseConfig(text, 'c.yaml', rootEnvironment),
      parseConfig('{}', 'c.yaml', rootEnvironment),
    );
  });
}

test('every value is parsed to what it means', () => {
  const text = `
stateFolder: /srv/onionmx
log: { level: warn }
domains: { own: [Example.ORG., Bücher.example], ignored: [a.test] }
map: [/etc/onionmx/map.yml, /etc/onionmx/map.d]
dns:
  resolvers: [192.0.2.1, 192.0.2.2:5353, "2001:db8::1", tls://192.0.2.3#dns.example]
  timeoutMs: 100
  torTimeoutMs: 200
  tries: 1
  cacheEntries: 1
  trustAd: never
  deferMs: 0
  onFailure: defer
  onFailureFor: [{ domain: Example.org, onFailure: clearnet }, { domain: .Bücher.example, onFailure: bounded }]
memory: { keepDays: 0 }
trust:
  enough: remembered
  enoughFor: [{ domain: Example.org, enough: pinned }, { domain: .a.test, enough: dns }]
  tlsPolicyDaemon: "socketmap:unix:/run/tlspol:QUERY"
lookup: { socketmap: ["unix:/run/m", "[::1]:2525"], tcpTable: ["127.0.0.1:2526"], transport: mx_2-onion, idleMs: 1 }
delivery:
  endpointFolder: /run/onionmx
  nexthopPrefix: private/onionmx
  routingEndpoint: 127.0.0.1:2600
  heloName: mail.example.org
  connectTimeoutMs: 1
outage: { clearNetAfterMs: 3600000, clearNetAfterMsFor: [{ domain: .a.test, clearNetAfterMs: never }], tryEveryMs: 1 }
sockets: { mode: "600", group: mail }
tor: { use: running, program: /usr/sbin/tor, extraTorrc: [Log notice syslog], socks: "unix:/run/tor/socks", exitSocks: "127.0.0.1:9052" }
receiving: { onionServices: [], header: X-Mine, testAddress: Test.1@Example.org }
`;
  assert.deepEqual(parseConfig(text, 'c.yaml', rootEnvironment), {
    stateFolder: '/srv/onionmx',
    log: { level: 'warn' },
    domains: { own: ['example.org', 'xn--bcher-kva.example'], ignored: ['a.test'] },
    map: ['/etc/onionmx/map.yml', '/etc/onionmx/map.d'],
    dns: {
      resolvers: [
        { transport: 'udp', host: '192.0.2.1', port: 53, isOverTor: false },
        { transport: 'udp', host: '192.0.2.2', port: 5353, isOverTor: false },
        { transport: 'udp', host: '2001:db8::1', port: 53, isOverTor: false },
        { transport: 'tls', host: '192.0.2.3', port: 853, isOverTor: false, name: 'dns.example' },
      ],
      timeoutMs: 100,
      torTimeoutMs: 200,
      tries: 1,
      cacheEntries: 1,
      trustAd: 'never',
      deferMs: 0,
      onFailure: 'defer',
      onFailureFor: [
        { domain: 'example.org', onFailure: 'clearnet' },
        { domain: '.xn--bcher-kva.example', onFailure: 'bounded' },
      ],
    },
    memory: { keepDays: 0 },
    trust: {
      enough: 'remembered',
      enoughFor: [
        { domain: 'example.org', enough: 'pinned' },
        { domain: '.a.test', enough: 'dns' },
      ],
      tlsPolicyDaemon: { address: { kind: 'unix', path: '/run/tlspol' }, mapName: 'QUERY' },
    },
    lookup: {
      socketmap: [
        { kind: 'unix', path: '/run/m' },
        { kind: 'tcp', host: '::1', port: 2525 },
      ],
      tcpTable: [{ kind: 'tcp', host: '127.0.0.1', port: 2526 }],
      transport: 'mx_2-onion',
      idleMs: 1,
    },
    delivery: {
      endpointFolder: '/run/onionmx',
      nexthopPrefix: 'private/onionmx',
      routingEndpoint: { kind: 'tcp', host: '127.0.0.1', port: 2600 },
      heloName: 'mail.example.org',
      connectTimeoutMs: 1,
    },
    outage: {
      clearNetAfterMs: 3_600_000,
      clearNetAfterMsFor: [{ domain: '.a.test', clearNetAfterMs: 'never' }],
      tryEveryMs: 1,
    },
    sockets: { mode: 0o600, group: 'mail' },
    tor: {
      use: 'running',
      program: '/usr/sbin/tor',
      extraTorrc: ['Log notice syslog'],
      socks: { kind: 'unix', path: '/run/tor/socks' },
      exitSocks: { kind: 'tcp', host: '127.0.0.1', port: 9052 },
    },
    receiving: {
      onionServices: [],
      header: 'X-Mine',
      testAddress: { localPart: 'test.1', domain: 'example.org' },
    },
  });
});

test('onion services: every value, and the defaults', () => {
  const clientKey = `descriptor:x25519:${'B'.repeat(51)}A`;
  const text = `
receiving:
  onionServices:
    - { name: mail }
    - { name: next, port: 2525, target: "unix:/run/m", proofOfWork: false, introductionsPerSecond: 1,
        introductionBurst: 2, streamsPerCircuit: 3, authorisedClients: ["${clientKey.toLowerCase()}"] }
    - { name: instance, onionbalance: "${makeOnionAddress(1).toUpperCase()}." }
`;
  assert.deepEqual(parseConfig(text, 'c.yaml', rootEnvironment).receiving.onionServices, [
    {
      name: 'mail',
      port: 25,
      target: { kind: 'tcp', host: '127.0.0.1', port: 2515 },
      proofOfWork: true,
      introductionsPerSecond: 25,
      introductionBurst: 250,
      streamsPerCircuit: 50,
      authorisedClients: [],
      onionbalance: null,
    },
    {
      name: 'next',
      port: 2525,
      target: { kind: 'unix', path: '/run/m' },
      proofOfWork: false,
      introductionsPerSecond: 1,
      introductionBurst: 2,
      streamsPerCircuit: 3,
      authorisedClients: [clientKey],
      onionbalance: null,
    },
    {
      name: 'instance',
      port: 25,
      target: { kind: 'tcp', host: '127.0.0.1', port: 2515 },
      proofOfWork: true,
      introductionsPerSecond: 25,
      introductionBurst: 250,
      streamsPerCircuit: 50,
      authorisedClients: [],
      onionbalance: makeOnionAddress(1),
    },
  ]);
});

test('the environment is that of this process', (t) => {
  const folder = makeTemporaryFolder(t);
  const { canWrite, variables, homeFolder } = readEnvironment();
  assert.equal(canWrite(folder), true);
  assert.equal(canWrite(join(folder, 'absent')), false);
  assert.equal(variables, process.env);
  assert.notEqual(homeFolder, '');
});
