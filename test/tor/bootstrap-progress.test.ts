import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BootstrapProgress } from '../../src/tor/bootstrap-progress.ts';
import { createRecordingLog } from '../recording-log.ts';

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

test('an answer that is older than an event does not count', () => {
  const progress = new BootstrapProgress(createRecordingLog());
  progress.note(report(100, 'Done'));
  progress.note('status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"');
  assert.equal(progress.current.percent, 100);
});

test('a new tor begins anew', () => {
  const progress = new BootstrapProgress(createRecordingLog());
  progress.note(report(100, 'Done'));
  progress.reset();
  assert.deepEqual(progress.current, { percent: 0, summary: 'not started' });
});
