/** Postfix's own client of both table types, `postmap -q`, gets the answer that belongs to each kind of route. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { createKeyAnswerer } from '../../src/lookup/answer-key.ts';
import { startLookupServer } from '../../src/lookup/lookup-server.ts';
import type { DomainName } from '../../src/protocol/domain-name.ts';
import { endpointNameOf, type ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import type { Decision, Route } from '../../src/routing/route.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const postmap = '/usr/sbin/postmap';
const skip =
  existsSync(postmap) || process.env['CI'] === 'true' ? false : `${postmap} is missing: apt install postfix`;
const freePort: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

const routes: Record<string, Route> = {
  'onion.test': { kind: 'onion', exchangers: [makeExchanger(1)], evidence: 'dns' },
  'no-disk.test': { kind: 'onion', exchangers: [makeExchanger(2)], evidence: 'dns' },
  'own.test': { kind: 'clearnet', reason: 'it is an own domain: mail stays here' },
  'broken-dns.test': { kind: 'defer', status: '4.4.3', reason: 'DNS failed (100% of 3 servers)' },
  'short.onion': { kind: 'reject', status: '5.1.2', reason: 'short.onion has 5 characters' },
};

/** Knows its domains alone: a question about any other is a failure of the test. */
function route(domain: DomainName): Promise<Decision> {
  return Promise.resolve({ route: routes[domain] ?? assert.fail(`asked for ${domain}`), steps: [] });
}

function nexthopFor(set: ExchangerSet): Promise<string> {
  const name = endpointNameOf(set);
  if (name === makeOnionAddress(2)) return Promise.reject(new Error('no space left on device'));
  return Promise.resolve(`onion:unix:onionmx/${name}`);
}

/** The table names that a `postmap -q` can be given, and the folder of its configuration. */
async function startTables(t: TestContext) {
  const folder = makeTemporaryFolder(t);
  const path = join(folder, 'map.sock');
  const log = createRecordingLog();
  const server = await startLookupServer({
    socketmap: [{ kind: 'unix', path }, freePort],
    tcpTable: [freePort],
    answer: createKeyAnswerer({ route, nexthopFor, now: () => performance.now(), log }),
    idleMs: 60_000,
    log,
  });
  t.after(() => server.close());
  const [, mapTcp, table] = server.addresses;
  assert.ok(mapTcp?.kind === 'tcp' && table?.kind === 'tcp');
  return {
    configFolder: writeConfiguration(folder),
    socketmaps: [`socketmap:unix:${path}:onionmx`, `socketmap:inet:127.0.0.1:${mapTcp.port}:onionmx`],
    tcpTable: `tcp:127.0.0.1:${table.port}`,
  };
}

/** All that postmap would otherwise ask the host for is given, so that it asks nobody. */
function writeConfiguration(folder: string): string {
  const queueFolder = join(folder, 'queue');
  mkdirSync(queueFolder);
  const lines = [
    'compatibility_level = 3.6',
    `queue_directory = ${queueFolder}`,
    `data_directory = ${queueFolder}`,
    'myhostname = mx.sender.test',
    'inet_protocols = ipv4',
    'inet_interfaces = 127.0.0.1',
  ];
  writeFileSync(join(folder, 'main.cf'), `${lines.join('\n')}\n`);
  return folder;
}

async function query(configFolder: string, key: string, table: string) {
  const child = spawn(postmap, ['-c', configFolder, '-q', key, table], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, stdout, stderr };
}

const onionNexthop = `onion:unix:onionmx/${makeOnionAddress(1)}`;
const found = [
  { key: 'bob@onion.test', value: onionNexthop, reason: 'a recipient' },
  { key: 'Bob.Of@ONION.test', value: onionNexthop, reason: 'the case does not matter' },
  { key: '"b o b@x"@onion.test', value: onionNexthop, reason: 'spaces and @ in the key' },
  { key: 'onion.test', value: onionNexthop, reason: 'a domain, as people ask' },
  {
    key: 'bob@broken-dns.test',
    value: 'retry:4.4.3 DNS failed (100% of 3 servers)',
    reason: 'wait, and a percent sign in the text',
  },
  { key: 'bob@short.onion', value: 'error:5.1.2 short.onion has 5 characters', reason: 'refuse' },
  {
    key: 'bob@a_b.onion',
    value: 'error:5.1.2 "a_b.onion" is no domain name: the label "a_b" is not allowed',
    reason: 'refuse what is no name',
  },
];

test('what is found is printed', { skip }, async (t) => {
  const { configFolder, socketmaps, tcpTable } = await startTables(t);
  for (const table of [...socketmaps, tcpTable]) {
    for (const { key, value, reason } of found) {
      const expected = { status: 0, stdout: `${value}\n`, stderr: '' };
      assert.deepEqual(await query(configFolder, key, table), expected, `${table}: ${reason}`);
    }
  }
});

const notFound = [
  { key: 'bob@own.test', reason: 'mail stays here' },
  { key: '*', reason: 'never all mail' },
  { key: 'postmaster', reason: 'no domain' },
  { key: 'bob@[192.0.2.1]', reason: 'an address literal' },
];

test('what is not found prints nothing', { skip }, async (t) => {
  const { configFolder, socketmaps, tcpTable } = await startTables(t);
  for (const table of [...socketmaps, tcpTable]) {
    for (const { key, reason } of notFound) {
      const expected = { status: 1, stdout: '', stderr: '' };
      assert.deepEqual(await query(configFolder, key, table), expected, `${table}: ${reason}`);
    }
  }
});

test('our own failure is a failed query; over socketmap the reason comes along', { skip }, async (t) => {
  const { configFolder, socketmaps, tcpTable } = await startTables(t);
  for (const table of [...socketmaps, tcpTable]) {
    const { status, stdout, stderr } = await query(configFolder, 'bob@no-disk.test', table);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' }, table);
    assert.match(stderr, table === tcpTable ? /query error/ : /no space left on device/, table);
  }
});
