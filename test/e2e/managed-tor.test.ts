/** Our own tor with the real program. It knows one directory authority, at a closed port of loopback: nothing leaves. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dial } from '../../src/net/dial.ts';
import { dialThroughSocks } from '../../src/net/dial-socks.ts';
import { connectTorControl } from '../../src/tor/control-client.ts';
import { type ManagedTor, startManagedTor } from '../../src/tor/managed-tor.ts';
import { torPathsIn } from '../../src/tor/torrc.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { findProgram } from './bed/find-program.ts';
import { listProcesses } from './bed/process-table.ts';
import { startProcess } from './bed/start-process.ts';
import { waitFor } from './bed/wait-for.ts';

const isNeeded = process.env['CI'] === 'true';
const skip = isNeeded || findProgram('tor') !== undefined ? false : 'tor is missing: apt install tor';
const plenty = 30_000;
const noNetwork = [
  `DirAuthority nowhere orport=1 v3ident=${'0'.repeat(39)}1 127.0.0.1:1 ${'0'.repeat(39)}2`,
  'OutboundBindAddress 127.0.0.1',
];

interface Started {
  readonly tor: ManagedTor;
  readonly folder: string;
  readonly log: ReturnType<typeof createRecordingLog>;
}

async function start(t: TestContext, folder: string): Promise<Started> {
  const log = createRecordingLog();
  const tor = startManagedTor({ program: 'tor', folder, extraTorrc: noNetwork, log });
  t.after(() => tor.stop());
  await waitFor('tor', () => tor.isRunning(), plenty);
  return { tor, folder, log };
}

/** The folder has a space in its name: what is not quoted in the torrc fails here. */
function makeTorFolder(t: TestContext): string {
  return join(makeTemporaryFolder(t), 'our tor');
}

function pidsOfTor(folder: string): number[] {
  return listProcesses()
    .filter(({ name, commandLine }) => name === 'tor' && commandLine.includes(`-f ${folder}/torrc`))
    .map(({ pid }) => pid);
}

function dialOnion(tor: ManagedTor, host: string, timeoutMs = plenty) {
  return dialThroughSocks(tor.socks, { host, port: 25 }, { user: 'onionmx', password: 'e2e#0' }, timeoutMs);
}

test('its SocksPort speaks with us, forbids the clear net, and tells its reasons', { skip }, async (t) => {
  const { tor } = await start(t, makeTorFolder(t));
  await assert.rejects(dialOnion(tor, 'example.test'), { code: 'tor-refused', message: /0x02/ });
  await assert.rejects(dialOnion(tor, 'aaaa.onion'), { code: 'onion-address-refused', message: /0xF6/ });
  // Without a network Tor lets the client wait for two minutes.
  await assert.rejects(dialOnion(tor, makeOnionAddress(1), 1000), { code: 'onion-timeout' });
  assert.equal(tor.bootstrap.percent, 0);
});

test('its only listeners are our three sockets; its control port knows us by the cookie', {
  skip,
}, async (t) => {
  const { folder } = await start(t, makeTorFolder(t));
  const { control: address, cookieFile } = torPathsIn(folder);
  const control = await connectTorControl({ address, cookieFile, timeoutMs: plenty, onEvent: () => {} });
  const kinds = ['or', 'dir', 'socks', 'trans', 'natd', 'dns', 'control', 'httptunnel', 'metrics'];
  const { lines } = await control.send('GETINFO', ...kinds.map((kind) => `net/listeners/${kind}`));
  control.close();
  assert.deepEqual(
    lines.map(({ text }) => text.replace('net/listeners/', '')).filter((text) => !text.endsWith('=')),
    [`socks="unix:${folder}/socks" "unix:${folder}/exit"`, `control="unix:${folder}/control"`, 'OK'],
  );
  await assert.rejects(
    connectTorControl({ address, cookieFile: `${folder}/torrc`, timeoutMs: plenty, onEvent: () => {} }),
    { code: 'tor-control', message: /cookie has/ },
  );
});

test('killed, it comes back at the same address', { skip }, async (t) => {
  const { tor, folder, log } = await start(t, makeTorFolder(t));
  const [pid = 0] = pidsOfTor(folder);
  process.kill(pid, 'SIGKILL');
  await waitFor('another tor', () => pidsOfTor(folder).some((other) => other !== pid), plenty);
  await waitFor('its supervision', () => tor.isRunning(), plenty);
  (await dial(tor.socks, plenty)).destroy();
  assert.deepEqual(
    log.lines
      .filter(({ level }) => level === 'warn' || level === 'error')
      .map(({ event, fields }) => [event, fields['how']]),
    [['tor has died', 'signal SIGKILL']],
  );
});

test('stopped, it leaves no process, no socket, and has said nothing that is a warning', {
  skip,
}, async (t) => {
  const { tor, folder, log } = await start(t, makeTorFolder(t));
  assert.equal(pidsOfTor(folder).length, 1);
  await tor.stop();
  assert.deepEqual(pidsOfTor(folder), []);
  assert.deepEqual(
    readdirSync(folder).filter((name) => ['socks', 'control'].includes(name)),
    [],
  );
  assert.deepEqual(
    log.lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );
});

test('when its owner is killed it ends, and the next owner has the folder at once', { skip }, async (t) => {
  const folder = makeTorFolder(t);
  const outputPath = join(makeTemporaryFolder(t), 'output');
  const script = fileURLToPath(new URL('managed-tor-owner.ts', import.meta.url));
  const args = ['--import', import.meta.resolve('tsx'), script, folder, ...noNetwork];
  const owner = await startProcess({ name: 'owner', command: process.execPath, args, outputPath });
  t.after(() => owner.kill());
  const isUp = () => {
    owner.assertRunning();
    return readFileSync(outputPath, 'utf8').includes('"tor runs"');
  };
  await waitFor('the tor of another process', isUp, plenty);
  const [orphan = 0] = pidsOfTor(folder);
  await owner.kill();
  const { tor } = await start(t, folder);
  assert.equal(tor.isRunning(), true);
  assert.ok(!pidsOfTor(folder).includes(orphan), 'the orphan has ended');
  assert.equal(pidsOfTor(folder).length, 1);
});

for (const [line, why, reason] of [
  ['NoSuchOption 1', 'it does not take the line', /it ended with status 1; .*Unknown option 'NoSuchOption'/],
  [
    'DisableNetwork 1',
    'it does not open our SocksPort',
    /it does not listen at unix:.*\/socks, which a line/,
  ],
] as const) {
  test(`a tor that cannot be used is no tor: ${why}`, { skip }, async (t) => {
    const folder = makeTorFolder(t);
    const log = createRecordingLog();
    const tor = startManagedTor({ program: 'tor', folder, extraTorrc: [...noNetwork, line], log });
    t.after(() => tor.stop());
    const findError = () => log.lines.find(({ event }) => event === 'tor does not start');
    await waitFor('the error', () => findError() !== undefined, plenty);
    await tor.stop();
    const { fields } = findError() ?? assert.fail();
    assert.equal(fields['code'], 'tor-failed');
    assert.match(String(fields['reason']), reason);
    assert.deepEqual(pidsOfTor(folder), []);
    assert.equal(existsSync(join(folder, 'socks')), false);
  });
}
