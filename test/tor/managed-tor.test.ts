import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { dial } from '../../src/net/dial.ts';
import { type ManagedTor, type ManagedTorOptions, startManagedTor } from '../../src/tor/managed-tor.ts';
import { createRecordingLog } from '../recording-log.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { writeFakeTor } from './write-fake-tor.ts';

const plenty = 30_000;

function optionsFor(t: TestContext, extraTorrc: readonly string[] = []) {
  const parent = makeTemporaryFolder(t);
  const log = createRecordingLog();
  return { program: writeFakeTor(parent), folder: join(parent, 'tor of ours'), extraTorrc, log };
}

async function start(t: TestContext, options: ManagedTorOptions): Promise<ManagedTor> {
  const tor = await startManagedTor(options);
  t.after(() => tor.stop());
  return tor;
}

test('runs, bootstraps, stops, in a folder that is closed to all others', async (t) => {
  const options = optionsFor(t);
  mkdirSync(options.folder);
  chmodSync(options.folder, 0o755);
  const tor = await start(t, options);
  assert.equal(statSync(options.folder).mode & 0o777, 0o700);
  assert.equal(tor.isRunning(), true);
  (await dial(tor.socks, plenty)).destroy();
  await tor.waitUntilBootstrapped(plenty);
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
  await tor.waitUntilBootstrapped(plenty);
  const pids = () =>
    options.log.lines.flatMap(({ fields }) => /^Fake tor (\d+)$/.exec(String(fields['text']))?.[1] ?? []);
  const [first] = pids();
  process.kill(Number(first), 'SIGKILL');
  await waitFor('the end of the first tor', () => tor.bootstrap.percent === 0, plenty, { intervalMs: 5 });
  await tor.waitUntilBootstrapped(plenty);
  (await dial(tor.socks, plenty)).destroy();
  assert.equal(pids().length, 2);
});

test('no program, no folder, no usable torrc: each its own error, and nothing runs', async (t) => {
  const options = optionsFor(t, ['# fake complains']);
  await assert.rejects(startManagedTor({ ...options, program: 'no-such-tor' }), { code: 'tor-missing' });
  const file = join(makeTemporaryFolder(t), 'file');
  writeFileSync(file, '');
  await assert.rejects(startManagedTor({ ...options, folder: join(file, 'tor') }), {
    code: 'tor-folder',
    message: /^cannot prepare tor's folder: ENOTDIR/,
    hint: /install -d -m 700/,
  });
  await assert.rejects(startManagedTor(options), { code: 'tor-failed', message: /Reading config failed/ });
});
