/** When the memory of a domain ends, and when it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, isOver, weighAnswer } from '../../../src/routing/memory/weigh-answer.ts';
import { failed, none, says } from '../made-up-answers.ts';
import {
  a,
  at,
  b,
  day,
  doubted,
  doubting,
  hour,
  keepMs,
  known,
  pinned,
  show,
  sighted,
  start,
  testRows,
} from './memory-rows.ts';

testRows([
  // the end of the memory
  ['the last moment', none(), doubted, start + keepMs - 1, [a], doubted],
  ['then DNS is believed: none', none(), doubted, start + keepMs, 'dns', undefined, 'over'],
  [
    'then DNS is believed: another',
    says([b]),
    doubted,
    start + keepMs,
    'dns',
    sighted([b], start + keepMs),
    'over',
  ],
  [
    'then DNS is believed: the same ones are as old as they are',
    says([a]),
    known,
    start + keepMs,
    'dns',
    { ...known, lastSeenMs: start + keepMs },
    'over',
  ],
  [
    'then DNS is believed; the TLS policy of the domain is still what it was',
    says([b]),
    { ...doubted, policy: 'mta-sts' },
    start + keepMs,
    'dns',
    { ...sighted([b], start + keepMs), policy: 'mta-sts' },
    'over',
  ],
  [
    'who forges answers for longer than the memory lasts, while the domain goes on to prove its exchangers',
    says([b]),
    { ...doubted, doubt: doubting([b], start), shown: show('proved', start + day) },
    start + keepMs,
    [a],
    { ...doubted, doubt: doubting([b], start), shown: show('proved', start + day) },
  ],
  [
    'when the proof ends, so does the memory',
    says([b]),
    { ...doubted, doubt: doubting([b], start), shown: show('proved', start + day) },
    start + day + keepMs,
    'dns',
    sighted([b], start + day + keepMs),
    'over',
  ],
  ['DNS fails: the last moment', failed, known, start + keepMs - 1, [a], known],
  ['DNS fails: then nobody knows', failed, known, start + keepMs, 'nobody', known],

  // pinned
  ['pinned: another', says([b], true), pinned, start + hour, [a], pinned],
  ['pinned: none', none(true), pinned, start + hour, [a], pinned],
  ['pinned: DNS fails', failed, pinned, start + 10 * keepMs, [a], pinned],
  ['pinned: not over', says([b]), pinned, start + 10 * keepMs, [a], pinned],

  // a clock that is wrong
  ['set back: the memory lives', failed, known, start - day, [a], known],
  [
    'set back below the first sight: times that are right are kept',
    says([a], true),
    known,
    0,
    'dns',
    { ...known, shown: show('dnssec', 0) },
  ],
  ['set back below the first sight: no sight is due', says([a]), known, 0, 'dns', known],
  [
    'the last sight was with a clock years ahead: a sight mends it',
    says([a]),
    { ...known, lastSeenMs: start + 1000 * day },
    start + day,
    'dns',
    { ...known, lastSeenMs: start + day },
  ],
  [
    'and a doubt ends it in time',
    none(),
    { ...doubted, lastSeenMs: start + 1000 * day },
    start + hour + keepMs,
    'dns',
    undefined,
    'over',
  ],
]);

for (const srv of [says([b]), says([b], true), none()]) {
  test(`with keepDays 0 DNS is believed, and nothing is kept: ${srv.kind}`, () => {
    const weighed = weighAnswer(srv, known, { nowMs: start, keepMs: 0 });
    assert.deepEqual(weighed, { holder: { kind: 'dns' }, entry: undefined });
  });
}

test('with keepDays 0 a pin holds all the same', () => {
  assert.equal(weighAnswer(says([b]), pinned, { nowMs: start, keepMs: 0 }).holder.kind, 'memory');
});

test('with keepDays 0 nothing that was remembered counts, whatever the clock says, and proved or not', () => {
  for (const entry of [known, { ...known, shown: show('proved', start) }])
    for (const nowMs of [0, start, start + day])
      assert.equal(weighAnswer(says([b]), entry, { nowMs, keepMs: 0 }).holder.kind, 'dns');
});

test('the end that is told is the end', () => {
  for (const entry of [
    known,
    doubted,
    { ...doubted, lastSeenMs: start + 1000 * day },
    { ...doubted, shown: show('proved', start + day) },
    { ...doubted, shown: show('dnssec', start + day) },
  ]) {
    const end = endOf(entry, keepMs);
    assert.deepEqual([isOver(entry, at(end - 1)), isOver(entry, at(end))], [false, true]);
  }
});
