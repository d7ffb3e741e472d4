import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { ClearNetAfter } from '../../../src/routing/outage/outage-rule.ts';
import { createOutageStep, describeOutageSetting } from '../../../src/routing/outage/outage-step.ts';
import { createOutageWatch } from '../../../src/routing/outage/outage-watch.ts';
import type { Decision } from '../../../src/routing/route.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';

const domain = parseDomainName('a.test');
const exchangers = [makeExchanger(1)] as const;
const silent = new OnionmxError('exchanger-timeout', 'no answer');
const onion: Decision = { route: { kind: 'onion', exchangers, evidence: 'dns' }, steps: [] };
const hourMs = 3_600_000;

function setUp(after: ClearNetAfter = hourMs) {
  const world = { nowMs: 0, answer: silent as OnionmxError | undefined, isTorWell: true };
  const now = () => world.nowMs;
  const log = createRecordingLog();
  const watch = createOutageWatch({
    isTorWell: async () => world.isTorWell,
    tryExchangers: async () => world.answer,
    now,
    log,
  });
  const clock = () => Date.UTC(2026, 0, 2, 3, 4, 5) + world.nowMs;
  const apply = createOutageStep({ clearNetAfter: () => after, watch, now, clock });
  return { world, watch, log, apply };
}

test('never: nothing changes and no step is shown', () => {
  const { apply, watch } = setUp('never');
  watch.noteFailure(exchangers, silent);
  assert.equal(apply(domain, onion), onion);
});

test('mail to an onion address has no other way', () => {
  const { apply } = setUp();
  const decision: Decision = { route: { kind: 'onion', exchangers, evidence: 'address' }, steps: [] };
  assert.equal(apply(domain, decision), decision);
});

test('routes over no onion stay as they are', () => {
  const { apply } = setUp();
  const decision: Decision = { route: { kind: 'clearnet', reason: 'no record' }, steps: [] };
  assert.equal(apply(domain, decision), decision);
});

test('the way to the clear net and back', async () => {
  const { world, watch, log, apply } = setUp();
  const answerNow = () => apply(domain, onion).steps.at(-1)?.answer;
  assert.equal(answerNow(), 'no failure is known; clear net after 1 h');

  watch.noteFailure(exchangers, silent);
  world.nowMs = hourMs - 1;
  const since = 'its onion has not answered since 2026-01-02T03:04Z (no answer)';
  assert.equal(answerNow(), `${since}; clear net after 1 h`);

  world.nowMs = hourMs;
  const due = apply(domain, onion);
  assert.equal(due.route, onion.route, 'a lookup does not wait for the check');
  assert.equal(due.steps.at(-1)?.answer, `${since}: that is being checked, and until then the mail waits`);

  await watch.check(exchangers); // the one that the lookup has begun
  const { route, steps } = apply(domain, onion);
  assert.deepEqual(route, {
    kind: 'clearnet',
    reason: `${since}: the setting outage sends it over the clear net`,
  });
  assert.deepEqual(steps, [{ asked: 'outage', answer: 'clear net' }]);
  assert.equal(log.lines.length, 1);

  world.isTorWell = false;
  await watch.check(exchangers);
  assert.equal(apply(domain, onion).route, onion.route);
  assert.equal(answerNow(), `${since}; but our own Tor does not work, so the mail waits`);

  world.answer = undefined;
  await watch.check(exchangers);
  assert.equal(answerNow(), 'no failure is known; clear net after 1 h');
});

for (const [after, text] of [
  [hourMs, '1 h'],
  [90 * 60_000, '90 min'],
  [1500, '1.5 s'],
] as const) {
  test(`onionmx lookup tells the setting: ${text}`, () => {
    const { route, steps } = describeOutageSetting(() => after)(domain, onion);
    assert.equal(route, onion.route);
    assert.match(steps[0]?.answer ?? '', new RegExp(`^clear net after ${text} without an answer; `));
  });
}

test('onionmx lookup says nothing of a setting that does nothing', () => {
  assert.equal(describeOutageSetting(() => 'never')(domain, onion), onion);
});
