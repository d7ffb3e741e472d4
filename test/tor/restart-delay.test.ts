import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRestartDelayMs } from '../../src/tor/restart-delay.ts';

for (const [previousDelayMs, upMs, expected, why] of [
  [0, 0, 1000, 'the first death'],
  [1000, 5000, 2000, 'dies young: twice as long'],
  [2000, 59_999, 4000, 'still young'],
  [32_000, 0, 60_000, 'a minute at most'],
  [60_000, 0, 60_000, 'and no longer'],
  [60_000, 60_000, 1000, 'was up for a minute: anew'],
  [0, 10_000_000, 1000, 'the first death after a long life'],
] as const) {
  test(`after ${previousDelayMs} ms and ${upMs} ms up: ${why}`, () => {
    assert.equal(nextRestartDelayMs(previousDelayMs, upMs), expected);
  });
}
