import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BootstrapProgress } from '../../src/tor/bootstrap-progress.ts';
import { createRecordingLog } from '../recording-log.ts';

const plenty = 60_000;
const report = (percent: number, summary: string) =>
  `STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=${percent} TAG=x SUMMARY="${summary}"`;

test('follows what tor says; a line in the log for each quarter', () => {
  const log = createRecordingLog();
  const progress = new BootstrapProgress(log);
  assert.deepEqual(progress.current, { percent: 0, summary: 'not started' });
  for (const percent of [0, 10, 30, 45, 100]) progress.note(report(percent, `at ${percent}`));
  progress.note('OK');
  assert.deepEqual(progress.current, { percent: 100, summary: 'at 100' });
  assert.deepEqual(log.lines, [
    { level: 'info', event: 'tor bootstraps', fields: { percent: 30, summary: 'at 30' } },
    { level: 'info', event: 'tor bootstraps', fields: { percent: 100, summary: 'at 100' } },
  ]);
});

test('trouble that an operator should know of is a warning', () => {
  const log = createRecordingLog();
  const trouble = 'PROGRESS=10 TAG=x SUMMARY="Connecting" WARNING="Connection refused" RECOMMENDATION=warn';
  new BootstrapProgress(log).note(`STATUS_CLIENT WARN BOOTSTRAP ${trouble}`);
  assert.deepEqual(log.lines, [
    {
      level: 'warn',
      event: 'tor has trouble to connect',
      fields: { percent: 10, summary: 'Connecting', warning: 'Connection refused' },
    },
  ]);
});

test('all who wait are told when it is done, and later ones at once', async () => {
  const progress = new BootstrapProgress(createRecordingLog());
  const waiting = [progress.waitUntilDone(plenty), progress.waitUntilDone(plenty)];
  progress.note(report(50, 'half'));
  progress.note(report(100, 'Done'));
  await Promise.all(waiting);
  await progress.waitUntilDone(plenty);
});

test('an answer that is older than an event does not count', () => {
  const progress = new BootstrapProgress(createRecordingLog());
  progress.note(report(100, 'Done'));
  progress.note('status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"');
  assert.equal(progress.current.percent, 100);
});

test('a new tor begins anew', async () => {
  const progress = new BootstrapProgress(createRecordingLog());
  progress.note(report(100, 'Done'));
  progress.reset();
  assert.deepEqual(progress.current, { percent: 0, summary: 'not started' });
});

test('the deadline tells how far it came', async () => {
  const progress = new BootstrapProgress(createRecordingLog());
  progress.note(report(14, 'Handshaking with a relay'));
  const alive = setTimeout(() => {}, plenty); // the deadline alone does not keep a process alive
  await assert.rejects(progress.waitUntilDone(10), {
    code: 'tor-not-ready',
    status: '4.4.1',
    message: 'tor is at 14 % (Handshaking with a relay) after 0.01 s',
    hint: /timedatectl/,
  });
  clearTimeout(alive);
});

test('when it is stopped nobody waits on', async () => {
  const progress = new BootstrapProgress(createRecordingLog());
  const waiting = assert.rejects(progress.waitUntilDone(plenty), {
    code: 'tor-not-ready',
    message: 'tor is at 0 % (not started) when it was stopped',
  });
  progress.end();
  await waiting;
});
