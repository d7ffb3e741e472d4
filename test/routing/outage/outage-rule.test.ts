import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutageState } from '../../../src/routing/outage/outage-book.ts';
import { judgeOutage } from '../../../src/routing/outage/outage-rule.ts';
import { makeExchanger } from '../../made-up-onions.ts';

const afterMs = 1000;

function outageOf(state: OutageState) {
  const times = { sinceMs: 0, lastFailureMs: 0, lastAskedMs: 0 };
  return { exchangers: [makeExchanger(1)] as const, ...times, error: '', state, told: new Set<never>() };
}

for (const [state, nowMs, verdict, why] of [
  ['counting', afterMs - 1, 'onion', 'the time is not over'],
  ['counting', afterMs, 'check', 'only a check of our own may say so'],
  ['confirmed', afterMs - 1, 'onion', 'confirmed for another domain, which waits for a shorter time'],
  ['confirmed', afterMs, 'clearnet', 'the setting says so'],
  ['suspended', afterMs - 1, 'onion', 'the time is not over'],
  ['suspended', afterMs, 'tor-fails', 'nothing is known now'],
] as const) {
  test(`${state} for ${nowMs} ms: ${verdict}, for ${why}`, () => {
    assert.equal(judgeOutage(outageOf(state), afterMs, nowMs), verdict);
  });
}

test('no failure: onion', () => {
  assert.equal(judgeOutage(undefined, afterMs, 1_000_000), 'onion');
});
