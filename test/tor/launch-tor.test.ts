import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { type LaunchOptions, launchTor } from '../../src/tor/launch-tor.ts';
import { realTiming } from '../../src/tor/timing.ts';
import { formatTorrc, torPathsIn } from '../../src/tor/torrc.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { startFakeControl } from './fake-control-port.ts';
import { writeFakeTor } from './write-fake-tor.ts';

interface Prepared {
  readonly options: LaunchOptions;
  readonly bootstraps: readonly string[];
  readonly log: ReturnType<typeof createRecordingLog>;
}

function prepare(t: TestContext, ...extraLines: readonly string[]): Prepared {
  const folder = makeTemporaryFolder(t);
  const paths = torPathsIn(folder);
  mkdirSync(paths.dataFolder);
  writeFileSync(paths.torrcFile, formatTorrc(paths, process.pid, extraLines));
  const [log, bootstraps]: [ReturnType<typeof createRecordingLog>, string[]] = [createRecordingLog(), []];
  const onEvent = (text: string) => bootstraps.push(text);
  const program = writeFakeTor(folder);
  return { options: { program, paths, log, timing: realTiming, eventNames: [], onEvent }, bootstraps, log };
}

/** Where `# fake tor` said its process id. */
function pidIn({ log }: Prepared): number {
  const texts = log.lines.map(({ fields }) => String(fields['text']));
  return Number(texts.findLast((text) => text.startsWith('Fake tor '))?.slice('Fake tor '.length));
}

test('a tor that is up: its bootstrap is followed, and it ends when it is told to', async (t) => {
  const prepared = prepare(t);
  const stopping = new AbortController();
  const life = await launchTor(prepared.options, stopping.signal);
  assert.match(prepared.bootstraps.join('\n'), /PROGRESS=0 /);
  stopping.abort();
  assert.equal(await life.ended, 'status 0');
});

test('the life of a tor that is killed ends', async (t) => {
  const prepared = prepare(t);
  const life = await launchTor(prepared.options, new AbortController().signal);
  process.kill(pidIn(prepared), 'SIGKILL');
  assert.equal(await life.ended, 'signal SIGKILL');
});

for (const [fake, message, why] of [
  [
    'complains',
    "tor did not start: it ended with status 1; its last words: Unknown option 'Foo'. | Reading config failed",
    'a torrc that it does not take',
  ],
  ['has no SocksPort', /^tor did not start: it does not listen at unix:.*\/socks/, 'no socket for us'],
  ['has no owner', /^tor did not start: tor refused TAKEOWNERSHIP: 510 /, 'it would outlive us'],
] as const) {
  test(`a tor that is of no use is not left behind: ${why}`, async (t) => {
    const prepared = prepare(t, `# fake ${fake}`);
    const launching = launchTor(prepared.options, new AbortController().signal);
    await assert.rejects(launching, { code: 'tor-failed', message, hint: /extraTorrc/ });
    assert.throws(() => process.kill(pidIn(prepared), 0), { code: 'ESRCH' });
  });
}

test('stopped before it was started', async (t) => {
  const prepared = prepare(t);
  await assert.rejects(launchTor(prepared.options, AbortSignal.abort()), { code: 'tor-failed' });
});

test('a tor of somebody else keeps its sockets: after 20 s this is an error', async (t) => {
  const { options } = prepare(t);
  const other = await startFakeControl(options.paths.control, { cookie: Buffer.alloc(32) });
  t.after(() => other.close());
  let clockMs = 0;
  const wait = async (durationMs: number) => {
    clockMs += durationMs * 100;
  };
  const launching = launchTor(
    { ...options, timing: { now: () => clockMs, wait } },
    new AbortController().signal,
  );
  await assert.rejects(launching, {
    code: 'tor-failed',
    message: /another tor uses .*\/data: .* after 20 s$/,
  });
});

test('the tor of an onionmx that was killed ends by itself, and is waited for', async (t) => {
  const prepared = prepare(t);
  const other = await startFakeControl(prepared.options.paths.control, { cookie: Buffer.alloc(32) });
  const wait = async (durationMs: number, signal: AbortSignal) => {
    await other.close();
    await realTiming.wait(durationMs, signal);
  };
  const stopping = new AbortController();
  const timing = { ...realTiming, wait };
  const life = await launchTor({ ...prepared.options, timing }, stopping.signal);
  stopping.abort();
  assert.equal(await life.ended, 'status 0');
});
