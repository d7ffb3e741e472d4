import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isMilestone, parseBootstrap } from '../../src/tor/bootstrap.ts';

const trouble =
  'STATUS_CLIENT WARN BOOTSTRAP PROGRESS=10 TAG=conn_done SUMMARY="Connected to a relay" WARNING="Connection refused" REASON=CONNECTREFUSED COUNT=10 RECOMMENDATION=';

for (const [text, expected, why] of [
  [
    'status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"',
    { percent: 0, summary: 'Starting', warning: undefined },
    'the answer to GETINFO',
  ],
  [
    'STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"',
    { percent: 100, summary: 'Done', warning: undefined },
    'an event',
  ],
  [
    `${trouble}warn HOSTADDR="192.0.2.1:9001"`,
    { percent: 10, summary: 'Connected to a relay', warning: 'Connection refused' },
    'trouble that the user should know of',
  ],
  [
    `${trouble}ignore`,
    { percent: 10, summary: 'Connected to a relay', warning: undefined },
    'trouble that may pass',
  ],
  ['STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=5', { percent: 5, summary: '', warning: undefined }, 'few words'],
  ['STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED', undefined, 'another event'],
  ['STATUS_CLIENT NOTICE BOOTSTRAP TAG=done', undefined, 'no progress'],
  ['STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=101 TAG=done', undefined, 'more than all'],
  ['STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=-1 TAG=done', undefined, 'less than nothing'],
  ['STATUS_CLIENT NOTICE X="NOTICE BOOTSTRAPS"', undefined, 'the word inside another'],
  ['OK', undefined, 'the last line of a reply'],
] as const) {
  test(`bootstrap: ${why}`, () => {
    assert.deepEqual(parseBootstrap(text), expected);
  });
}

test('whatever the text: 0 to 100, or nothing', () => {
  const words = fc.array(
    fc.oneof(fc.string(), fc.constantFrom(' NOTICE BOOTSTRAP ', 'PROGRESS=', '"', '1e3')),
  );
  fc.assert(
    fc.property(words, (parts) => {
      const percent = parseBootstrap(parts.join(''))?.percent ?? 0;
      assert.ok(Number.isInteger(percent) && percent >= 0 && percent <= 100);
    }),
  );
});

test('a bootstrap as tor reports it gives four lines', () => {
  const reported = [0, 5, 10, 14, 15, 20, 25, 30, 40, 45, 50, 55, 61, 68, 75, 80, 89, 90, 95, 100];
  const milestones = reported.filter((percent, index) => isMilestone(reported[index - 1] ?? 0, percent));
  assert.deepEqual(milestones, [25, 50, 75, 100]);
});
