import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OnionmxError } from '../../src/errors.ts';
import type { TorLife } from '../../src/tor/launch-tor.ts';
import { type Supervision, superviseTor } from '../../src/tor/supervise-tor.ts';
import type { Timing } from '../../src/tor/timing.ts';
import { createRecordingLog } from '../recording-log.ts';

/** What becomes of one launch: it fails, or tor lives for a time and ends, or it lives until it is stopped. */
type Fate = 'fails' | 'stays' | { readonly upMs: number; readonly how: string };

interface Trial {
  readonly supervision: Supervision;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly waitsMs: readonly number[];
  readonly ends: () => number;
  /** Resolves when all fates but the last have come true. */
  readonly atLast: Promise<unknown>;
}

function superviseFates(fates: readonly Fate[], wait?: Timing['wait']): Trial {
  const log = createRecordingLog();
  const waitsMs: number[] = [];
  let [clockMs, launches, ends] = [0, 0, 0];
  const arrivals = new EventEmitter();
  const atLast = once(arrivals, 'last');
  const liveOut = async (fate: Exclude<Fate, 'fails'>, signal: AbortSignal): Promise<string> => {
    if (fate === 'stays') {
      if (!signal.aborted) await once(signal, 'abort');
      return 'status 0';
    }
    clockMs += fate.upMs;
    return fate.how;
  };
  const launch = async (signal: AbortSignal): Promise<TorLife> => {
    const fate = fates[launches++] ?? 'stays';
    if (launches === fates.length) arrivals.emit('last');
    if (fate === 'fails') throw new OnionmxError('tor-failed', 'tor did not start: as planned');
    // Only when somebody looks at it does its time pass.
    return {
      get ended() {
        return liveOut(fate, signal);
      },
    };
  };
  const passTime = async (durationMs: number) => {
    clockMs += durationMs;
  };
  const timing: Timing = {
    now: () => clockMs,
    wait: (durationMs, signal) => {
      waitsMs.push(durationMs);
      return (wait ?? passTime)(durationMs, signal);
    },
  };
  const supervision = superviseTor({ launch, onEnd: () => ends++, log, timing });
  return { supervision, log, waitsMs, ends: () => ends, atLast };
}

const crash = { upMs: 10, how: 'signal SIGSEGV' };

test('a tor that dies young is started again, each time later, and anew after a minute of life', async () => {
  const longLife = { upMs: 60_000, how: 'signal SIGKILL' };
  const trial = superviseFates([crash, crash, crash, longLife, crash, 'stays']);
  await trial.atLast;
  assert.deepEqual(trial.waitsMs, [1000, 2000, 4000, 1000, 2000]);
  assert.equal(trial.ends(), 5);
  assert.deepEqual(trial.log.lines[0], {
    level: 'warn',
    event: 'tor has died',
    fields: { how: 'signal SIGSEGV', upMs: 10, restartInMs: 1000 },
  });
  await trial.supervision.stop();
});

test('a launch that fails counts as a life of no length', async () => {
  const trial = superviseFates([crash, 'fails', 'fails', 'stays']);
  await trial.atLast;
  assert.deepEqual(trial.waitsMs, [1000, 2000, 4000]);
  assert.deepEqual(trial.log.lines[1], {
    level: 'error',
    event: 'tor does not start',
    fields: { code: 'tor-failed', place: 'tor', reason: 'tor did not start: as planned', retryInMs: 2000 },
  });
  await trial.supervision.stop();
  assert.equal(trial.supervision.isRunning(), false);
});

test('a first launch that fails is tried again as well: lookups go on meanwhile', async () => {
  const trial = superviseFates(['fails', 'stays']);
  await trial.atLast;
  assert.deepEqual(trial.waitsMs, [1000]);
  await trial.supervision.stop();
});

test('a stopped tor is neither a warning nor started again', async () => {
  const { supervision, log, waitsMs, atLast } = superviseFates(['stays']);
  await atLast;
  await nextTurn();
  assert.equal(supervision.isRunning(), true);
  await supervision.stop();
  assert.equal(supervision.isRunning(), false);
  assert.deepEqual([log.lines, waitsMs], [[], []]);
  await supervision.stop();
});

test('somebody else told tor to end: no warning, but it is started again', async () => {
  const trial = superviseFates([{ upMs: 5, how: 'status 0' }, 'stays']);
  await trial.atLast;
  assert.deepEqual(
    trial.log.lines.map(({ level, event }) => [level, event]),
    [['info', 'tor has ended']],
  );
  await trial.supervision.stop();
});

async function waitForAbort(_durationMs: number, signal: AbortSignal): Promise<void> {
  await once(signal, 'abort');
  throw new Error('aborted');
}

test('stopping does not wait for a restart that is due later', async () => {
  const { supervision, log } = superviseFates([crash, 'stays'], waitForAbort);
  await nextTurn();
  await supervision.stop();
  assert.deepEqual(
    log.lines.map(({ level }) => level).filter((level) => level === 'error'),
    [],
  );
});
