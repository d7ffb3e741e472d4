import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { ExchangerSet } from '../../../src/protocol/exchanger.ts';
import { createOutageWatch } from '../../../src/routing/outage/outage-watch.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';

const set: ExchangerSet = [makeExchanger(1)];
const otherSet: ExchangerSet = [makeExchanger(2)];
const domain = parseDomainName('a.test');
const failed = (code: ErrorCode) => new OnionmxError(code, `it failed: ${code}`);

function setUp() {
  const world = {
    nowMs: 0,
    isTorWell: true,
    answer: undefined as OnionmxError | undefined,
    torQuestions: 0,
    tries: 0,
  };
  const log = createRecordingLog();
  const watch = createOutageWatch({
    isTorWell: async () => {
      world.torQuestions += 1;
      return world.isTorWell;
    },
    tryExchangers: async () => {
      world.tries += 1;
      return world.answer;
    },
    now: () => world.nowMs,
    log,
  });
  const stateOf = (exchangers: ExchangerSet) => watch.askFor(exchangers)?.state;
  async function confirm(): Promise<void> {
    world.answer = failed('onion-timeout');
    watch.noteFailure(set, world.answer);
    await watch.check(set);
    assert.equal(stateOf(set), 'confirmed');
  }
  return { world, log, watch, stateOf, confirm };
}

/** Until all that was begun has come to its end: here nothing waits for anything but promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

for (const [code, questions, state, why] of [
  ['onion-timeout', 1, 'counting', 'Tor is asked whether it is well'],
  [
    'onion-no-descriptor',
    1,
    'counting',
    'only a question for another onion shows that tor has not made it up',
  ],
  ['exchanger-refused', 0, 'counting', 'also for good: the mail does not go over the onion'],
  ['exchanger-timeout', 0, 'counting', 'who was connected to was seen through a Tor that works'],
  ['tor-unreachable', 0, undefined, 'our Tor is down'],
  ['tor-refused', 0, undefined, 'our Tor is at fault'],
  ['bug', 0, undefined, 'we are at fault'],
] as const) {
  test(`a delivery fails by ${code}: ${state ?? 'nothing counts'}, for ${why}`, async () => {
    const { world, watch, stateOf } = setUp();
    watch.noteFailure(set, failed(code));
    await settle();
    assert.deepEqual([world.torQuestions, stateOf(set)], [questions, state]);
  });
}

test('a failure while Tor reaches nothing ends the counts of all', async () => {
  const { world, watch, stateOf } = setUp();
  watch.noteFailure(otherSet, failed('exchanger-lost'));
  world.isTorWell = false;
  watch.noteFailure(set, failed('onion-no-descriptor'));
  await settle();
  assert.deepEqual([stateOf(set), stateOf(otherSet)], [undefined, undefined]);
});

test('a burst of failures is one question to Tor, and another one later', async () => {
  const { world, watch } = setUp();
  for (let count = 0; count < 5; count += 1) watch.noteFailure(set, failed('onion-timeout'));
  await settle();
  watch.noteFailure(set, failed('onion-timeout'));
  assert.equal(world.torQuestions, 1);
  world.nowMs = 60_000;
  watch.noteFailure(set, failed('onion-timeout'));
  assert.equal(world.torQuestions, 2);
});

test('a check that finds an answer ends the count, without a word', async () => {
  const { watch, log, stateOf } = setUp();
  watch.noteFailure(set, failed('onion-timeout'));
  await watch.check(set);
  assert.equal(stateOf(set), undefined);
  assert.deepEqual(log.lines, []);
});

for (const [why, change] of [
  ['our Tor is down', { answer: failed('tor-unreachable') }],
  ['Tor reaches nothing', { answer: failed('onion-timeout'), isTorWell: false }],
] as const) {
  test(`a check confirms nothing while ${why}`, async () => {
    const { world, watch, stateOf } = setUp();
    watch.noteFailure(set, failed('exchanger-lost'));
    Object.assign(world, change);
    await watch.check(set);
    assert.equal(stateOf(set), undefined);
  });
}

test('an answer to a delivery during the check counts', async () => {
  const { world, watch, stateOf } = setUp();
  world.answer = failed('onion-timeout');
  watch.noteFailure(set, world.answer);
  const checking = watch.check(set);
  watch.noteAnswer(set);
  watch.noteFailure(set, world.answer);
  await checking;
  assert.equal(stateOf(set), 'counting', 'the second count has just begun');
});

test('one check of a set at a time', async () => {
  const { world, watch } = setUp();
  await Promise.all([watch.check(set), watch.check(set)]);
  assert.equal(world.tries, 1);
});

test('the log says once for each domain that it begins, and once that it ends', async () => {
  const { world, log, watch, stateOf, confirm } = setUp();
  await confirm();
  const outage = watch.askFor(set) ?? assert.fail();
  world.nowMs = 3_600_000;
  watch.tellOfClearNet(domain, outage);
  watch.tellOfClearNet(domain, outage);
  assert.deepEqual(watch.listConfirmed(), [set]);
  watch.noteAnswer(set);
  assert.equal(stateOf(set), undefined);
  assert.deepEqual(watch.listConfirmed(), []);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['minutes'], fields['domain'], fields['domains']]),
    [
      ['warn', 60, 'a.test', ['a.test']],
      ['info', 60, undefined, ['a.test']],
    ],
  );
});

test('our Tor fails meanwhile: the mail waits, until Tor is well and the onion still silent', async () => {
  const { world, log, watch, stateOf, confirm } = setUp();
  await confirm();
  watch.tellOfClearNet(domain, watch.askFor(set) ?? assert.fail());
  world.isTorWell = false;
  await watch.check(set);
  assert.equal(stateOf(set), 'suspended');
  assert.deepEqual(watch.listConfirmed(), [set], 'it is tried on');
  world.isTorWell = true;
  await watch.check(set);
  watch.tellOfClearNet(domain, watch.askFor(set) ?? assert.fail());
  assert.equal(stateOf(set), 'confirmed');
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['warn', 'info', 'warn'],
  );
});
