import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { createFailureClock } from '../../src/routing/failure-clock.ts';

const hours = (count: number) => count * 3_600_000;
const [one, other] = [parseDomainName('one.test'), parseDomainName('other.test')];

test('the time runs from the first failure, for each domain', () => {
  let nowMs = 1000;
  const clock = createFailureClock(() => nowMs);
  assert.equal(clock.note(one, true), 0);
  nowMs += 500;
  assert.deepEqual([clock.note(one, true), clock.note(other, true)], [500, 0]);
});

test('an answer ends it', () => {
  let nowMs = 0;
  const clock = createFailureClock(() => nowMs);
  clock.note(one, true);
  nowMs = 500;
  assert.equal(clock.note(one, false), 0);
  assert.equal(clock.note(one, true), 0);
});

test('a failure long after the last one is a first one: nobody knows what was between', () => {
  let nowMs = 0;
  const clock = createFailureClock(() => nowMs);
  clock.note(one, true);
  nowMs = hours(11);
  assert.equal(clock.note(one, true), hours(11), 'an MTA tries less often than that');
  nowMs = hours(24);
  assert.equal(clock.note(one, true), 0);
});
