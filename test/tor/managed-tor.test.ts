import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { dial } from '../../src/net/dial.ts';
import { type ManagedTor, type ManagedTorOptions, startManagedTor } from '../../src/tor/managed-tor.ts';
import { openServiceTraffic, readServiceTraffic } from '../../src/tor/service-traffic.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { makeOnionService } from './made-up-service.ts';
import { writeFakeTor } from './write-fake-tor.ts';

const plenty = 30_000;
const now = () => new Date(0);

function optionsFor(t: TestContext, extraTorrc: readonly string[] = []) {
  const parent = makeTemporaryFolder(t);
  const log = createRecordingLog();
  return { program: writeFakeTor(parent), folder: join(parent, 'tor of ours'), extraTorrc, log };
}

async function start(t: TestContext, options: ManagedTorOptions): Promise<ManagedTor> {
  const tor = startManagedTor(options);
  t.after(() => tor.stop());
  await waitFor('tor', () => tor.isRunning(), plenty, { intervalMs: 5 });
  return tor;
}

function waitUntilBootstrapped(tor: ManagedTor): Promise<boolean> {
  return waitFor('the end of the bootstrap', () => tor.bootstrap.percent === 100, plenty, { intervalMs: 5 });
}

test('runs, bootstraps, stops, in a folder that is closed to all others', async (t) => {
  const options = optionsFor(t);
  mkdirSync(options.folder);
  chmodSync(options.folder, 0o755);
  const tor = await start(t, options);
  assert.equal(statSync(options.folder).mode & 0o777, 0o700);
  assert.equal(tor.isRunning(), true);
  (await dial(tor.socks, plenty)).destroy();
  await waitUntilBootstrapped(tor);
  assert.deepEqual(tor.bootstrap, { percent: 100, summary: 'Done' });
  await tor.stop();
  assert.equal(tor.isRunning(), false);
  assert.deepEqual(tor.bootstrap, { percent: 0, summary: 'not started' });
  assert.deepEqual(
    options.log.lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
    'a healthy day shows no warning',
  );
});

test('a tor that is killed comes back at the same address', async (t) => {
  const options = optionsFor(t);
  const tor = await start(t, options);
  await waitUntilBootstrapped(tor);
  const pids = () =>
    options.log.lines.flatMap(({ fields }) => /^Fake tor (\d+)$/.exec(String(fields['text']))?.[1] ?? []);
  const [first] = pids();
  process.kill(Number(first), 'SIGKILL');
  await waitFor('the end of the first tor', () => tor.bootstrap.percent === 0, plenty, { intervalMs: 5 });
  await waitUntilBootstrapped(tor);
  (await dial(tor.socks, plenty)).destroy();
  assert.equal(pids().length, 2);
});

test('with onion services, tor is told of them; when it stops, their counts are on disk', async (t) => {
  const base = optionsFor(t);
  const parent = dirname(base.folder);
  const service = makeOnionService({ folder: join(parent, 'onion', 'mail') });
  const file = join(parent, 'clients.json');
  const openTraffic = () => openServiceTraffic({ file, now, writeEveryMs: 3_600_000, log: base.log });
  mkdirSync(service.folder, { recursive: true });
  writeFileSync(join(service.folder, 'hostname'), `${makeOnionAddress(1)}\n`); // the fake tor makes none
  const accessFolder = join(parent, 'access');
  const tor = await start(t, { ...base, accessFolder, receiving: { services: [service], openTraffic } });
  await waitUntilBootstrapped(tor);
  const torrc = readFileSync(join(base.folder, 'torrc'), 'utf8');
  assert.ok(torrc.includes(`\nClientOnionAuthDir "${accessFolder}"\nHiddenServiceDir "${service.folder}"\n`));
  assert.equal(statSync(accessFolder).mode & 0o777, 0o700);
  assert.ok(base.log.lines.some(({ event }) => event === 'onion service'));
  await tor.stop();
  assert.deepEqual(Object.keys(await readServiceTraffic(file, base.log)), [makeOnionAddress(1)]);
});

for (const [why, change, code, reason] of [
  ['no program', { program: 'no-such-tor' }, 'tor-missing', /there is no program "no-such-tor"/],
  ['no folder', { folder: '/dev/null/tor' }, 'tor-folder', /^cannot prepare tor's folder: ENOTDIR/],
  ['no usable torrc', { extraTorrc: ['# fake complains'] }, 'tor-failed', /Reading config failed/],
] as const) {
  test(`${why}: an error in the log, another try later, and nothing runs`, async (t) => {
    const options = { ...optionsFor(t), ...change };
    const tor = startManagedTor(options);
    t.after(() => tor.stop());
    const findError = () => options.log.lines.find(({ event }) => event === 'tor does not start');
    await waitFor('the error', () => findError() !== undefined, plenty, { intervalMs: 5 });
    await tor.stop();
    const told = findError();
    assert.equal(told?.fields['code'], code);
    assert.match(String(told.fields['reason']), reason);
    assert.equal(told.fields['retryInMs'], 1000);
    assert.ok(told.fields['hint'], 'it says what to do');
    assert.equal(tor.isRunning(), false);
  });
}
