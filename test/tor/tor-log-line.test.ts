import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTorLogLine, passOn, summarizeLog } from '../../src/tor/tor-log-line.ts';
import { createRecordingLog } from '../recording-log.ts';

const seen = [
  [
    'Nov 24 08:31:06.634 [notice] Tor 0.4.9.11 running on Linux',
    'notice',
    'Tor 0.4.9.11 running on Linux',
    'debug',
  ],
  ['Nov 24 08:31:06.000 [warn] You are running Tor as root.', 'warn', 'You are running Tor as root.', 'info'],
  ['Nov 24 08:31:13.000 [err] Reading config failed', 'err', 'Reading config failed', 'error'],
  ['Nov 24 08:31:06 [info] x', 'info', 'x', 'debug'],
  ['Nov 24 08:31:06 [debug] ', 'debug', '', 'debug'],
  [
    'tor: error while loading shared libraries',
    'unknown',
    'tor: error while loading shared libraries',
    'info',
  ],
  ['', 'unknown', '', 'info'],
] as const;

for (const [line, severity, text, level] of seen) {
  test(`${severity}, in our log ${level}: ${text}`, () => {
    const log = createRecordingLog();
    const parsed = parseTorLogLine(line);
    assert.deepEqual(parsed, { severity, text });
    passOn(log, parsed);
    assert.deepEqual(log.lines, [{ level, event: 'tor says', fields: { severity, text } }]);
  });
}

const [notice, root, failed] = seen.map(([line]) => parseTorLogLine(line));

for (const [lines, expected, why] of [
  [
    [notice, root, notice, failed, notice],
    'You are running Tor as root. | Reading config failed',
    'complaints only',
  ],
  [
    [root, failed, failed, failed],
    'Reading config failed | Reading config failed | Reading config failed',
    'the last three',
  ],
  [[notice], 'Tor 0.4.9.11 running on Linux', 'else its last line'],
  [[], 'it said nothing', 'nothing'],
] as const) {
  test(`last words: ${why}`, () => {
    assert.equal(summarizeLog(lines.flatMap((line) => line ?? [])), expected);
  });
}
