import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type ExchangerSet, formatExchanger, toExchangerSet } from '../../src/protocol/exchanger.ts';
import type { MemoryEntry } from '../../src/routing/memory-entry.ts';
import type { SrvAnswer } from '../../src/routing/srv-discovery.ts';
import {
  endOf,
  isOver,
  type MemoryClock,
  type MemoryEvent,
  weighAnswer,
} from '../../src/routing/weigh-answer.ts';
import { makeExchanger } from '../made-up-onions.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse('2026-01-01T00:00:00Z');
const keepMs = 30 * day;
const at = (nowMs: number): MemoryClock => ({ nowMs, keepMs });

const [a, b, c] = [makeExchanger(1), makeExchanger(2), makeExchanger(3)];
const answered = { ignored: [], ttlSeconds: 60, resolver: '127.0.0.1:53', chain: [] };
const says = (exchangers: ExchangerSet, authenticated = false): SrvAnswer => ({
  kind: 'found',
  exchangers,
  authenticated,
  ...answered,
});
const none = (authenticated = false, why: 'nxdomain' | 'target-dot' = 'nxdomain'): SrvAnswer => ({
  kind: 'none',
  why,
  authenticated,
  ...answered,
});
const failed: SrvAnswer = { kind: 'failed', why: 'timeout', detail: 'no answer', resolver: '127.0.0.1:53' };

const known: MemoryEntry = {
  exchangers: [a],
  evidence: 'dns',
  firstSeenMs: start - 10 * day,
  lastSeenMs: start,
  isPinned: false,
};
const doubted: MemoryEntry = {
  ...known,
  doubt: { says: 'nxdomain', sinceMs: start + hour, notedMs: start + hour },
};
const pinned: MemoryEntry = { ...known, isPinned: true };
const sighted = (exchangers: ExchangerSet, nowMs: number, evidence: 'dns' | 'dnssec'): MemoryEntry => ({
  exchangers,
  evidence,
  firstSeenMs: nowMs,
  lastSeenMs: nowMs,
  isPinned: false,
});
const doubting = (contradiction: ExchangerSet | 'nxdomain' | 'target-dot', nowMs: number) => ({
  says: contradiction,
  sinceMs: nowMs,
  notedMs: nowMs,
});

type Row = readonly [
  why: string,
  srv: SrvAnswer,
  entry: MemoryEntry | undefined,
  nowMs: number,
  /** Whose word holds; of the memory, the exchangers. */
  holder: 'dns' | 'nobody' | ExchangerSet,
  after: MemoryEntry | undefined,
  event?: MemoryEvent,
];

const rows: readonly Row[] = [
  // nothing is known
  ['the first sight is remembered', says([a]), undefined, start, 'dns', sighted([a], start, 'dns'), 'first'],
  ['and with its evidence', says([a], true), undefined, start, 'dns', sighted([a], start, 'dnssec'), 'first'],
  ['that there is none is not remembered', none(true), undefined, start, 'dns', undefined],
  ['DNS fails: nobody knows', failed, undefined, start, 'nobody', undefined],

  // what is known is confirmed
  ['a lookup is no disk write', says([a]), known, start + hour, 'dns', known],
  [
    'a sight is written after half a day',
    says([a]),
    known,
    start + 12 * hour,
    'dns',
    { ...known, lastSeenMs: start + 12 * hour },
  ],
  [
    'better evidence is written at once',
    says([a], true),
    known,
    start + hour,
    'dns',
    { ...known, evidence: 'dnssec', lastSeenMs: start + hour },
  ],
  [
    'the best evidence stays',
    says([a]),
    { ...known, evidence: 'dnssec' },
    start + day,
    'dns',
    { ...known, evidence: 'dnssec', lastSeenMs: start + day },
  ],
  [
    'other preferences lead to nobody new: they are used',
    says([{ ...a, priority: 5 }]),
    known,
    start + hour,
    'dns',
    known,
  ],

  // DNS contradicts without proof
  [
    'another exchanger: mail goes on to the known one',
    says([b]),
    known,
    start + hour,
    [a],
    { ...known, doubt: doubting([b], start + hour) },
    'doubted',
  ],
  [
    'one more: the known one alone',
    says([a, b]),
    known,
    start + hour,
    [a],
    { ...known, doubt: doubting([a, b], start + hour) },
    'doubted',
  ],
  [
    'one less: those that both know',
    says([b]),
    { ...known, exchangers: [a, b] },
    start + hour,
    [b],
    { ...known, exchangers: [a, b], doubt: doubting([b], start + hour) },
    'doubted',
  ],
  [
    'the same address at another port is another exchanger',
    says([{ ...a, port: 2525 }]),
    known,
    start + hour,
    [a],
    { ...known, doubt: doubting([{ ...a, port: 2525 }], start + hour) },
    'doubted',
  ],
  [
    'none any more: no way to the clear net',
    none(),
    known,
    start + hour,
    [a],
    { ...known, doubt: doubting('nxdomain', start + hour) },
    'doubted',
  ],
  [
    'the target "." is as easy to forge',
    none(false, 'target-dot'),
    known,
    start + hour,
    [a],
    { ...known, doubt: doubting('target-dot', start + hour) },
    'doubted',
  ],
  ['it is said once', none(), doubted, start + 2 * day, [a], doubted],
  ['within an hour, another lie is no new warning', says([b]), doubted, start + 1.5 * hour, [a], doubted],
  [
    'later, another lie is noted; the doubt is as old as before',
    says([b]),
    doubted,
    start + 3 * hour,
    [a],
    { ...known, doubt: { says: [b], sinceMs: start + hour, notedMs: start + 3 * hour } },
    'doubted',
  ],
  [
    'the truth again, within the hour: the note stands',
    says([a]),
    doubted,
    start + 1.5 * hour,
    'dns',
    doubted,
  ],
  [
    'the truth again, later: the doubt is over',
    says([a]),
    doubted,
    start + 3 * hour,
    'dns',
    { ...known, lastSeenMs: start + 3 * hour },
    'settled',
  ],
  ['DNS fails for a domain in doubt', failed, doubted, start + day, [a], doubted],

  // a validated answer is taken at once
  [
    'a validated change',
    says([b], true),
    known,
    start + hour,
    'dns',
    { ...sighted([b], start + hour, 'dnssec'), firstSeenMs: known.firstSeenMs },
    'changed',
  ],
  [
    'a validated change ends a doubt',
    says([b], true),
    doubted,
    start + day,
    'dns',
    { ...sighted([b], start + day, 'dnssec'), firstSeenMs: known.firstSeenMs },
    'changed',
  ],
  ['a validated end', none(true), known, start + hour, 'dns', undefined, 'vanished'],

  // the end of the memory
  ['the last moment', none(), doubted, start + keepMs - 1, [a], doubted],
  ['then DNS is believed: none', none(), doubted, start + keepMs, 'dns', undefined, 'over'],
  [
    'then DNS is believed: another',
    says([b]),
    doubted,
    start + keepMs,
    'dns',
    { ...sighted([b], start + keepMs, 'dns'), firstSeenMs: known.firstSeenMs },
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
    { ...known, evidence: 'dnssec' },
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
];

for (const [why, srv, entry, nowMs, holder, after, event] of rows) {
  test(`memory: ${why}`, () => {
    const weighed = weighAnswer(srv, entry, at(nowMs));
    const { exchangers, kind } = { exchangers: undefined, ...weighed.holder };
    assert.deepEqual(kind === 'memory' ? exchangers : kind, holder);
    assert.deepEqual(weighed.entry, after);
    assert.equal(weighed.event, event);
    if (after === entry) assert.equal(weighed.entry, entry, 'the very entry: nothing is written');
  });
}

for (const srv of [says([b]), says([b], true), none()]) {
  test(`with keepDays 0 DNS is believed, and nothing is kept: ${srv.kind}`, () => {
    const weighed = weighAnswer(srv, known, { nowMs: start, keepMs: 0 });
    assert.deepEqual(weighed, { holder: { kind: 'dns' }, entry: undefined });
  });
}

test('with keepDays 0 a pin holds all the same', () => {
  assert.equal(weighAnswer(says([b]), pinned, { nowMs: start, keepMs: 0 }).holder.kind, 'memory');
});

test('the end that is told is the end', () => {
  for (const entry of [known, doubted, { ...doubted, lastSeenMs: start + 1000 * day }]) {
    const end = endOf(entry, keepMs);
    assert.deepEqual([isOver(entry, at(end - 1)), isOver(entry, at(end))], [false, true]);
  }
});

const anySet = fc
  .uniqueArray(fc.constantFrom(a, b, c, { ...a, port: 2525 }), { minLength: 1 })
  .map((some) => toExchangerSet(some) ?? ([a] as const));
const anyForgery: fc.Arbitrary<SrvAnswer> = fc.oneof(
  anySet.map((set) => says(set)),
  fc.constantFrom(none(), none(false, 'target-dot'), failed),
);

test('property: while the memory lives, no unvalidated answers move mail to whom it does not have', () => {
  const steps = fc.array(fc.tuple(anyForgery, fc.integer({ min: -day, max: 2 * day })), { maxLength: 30 });
  fc.assert(
    fc.property(anySet, steps, (set, forged) => {
      let entry: MemoryEntry | undefined = { ...known, exchangers: set };
      let nowMs = start;
      const allowed = new Set(set.map(formatExchanger));
      for (const [srv, passedMs] of forged) {
        nowMs += passedMs;
        if (entry === undefined || isOver(entry, at(nowMs))) return;
        const weighed = weighAnswer(srv, entry, at(nowMs));
        const used = usedExchangers(srv, weighed.holder);
        assert.ok(used !== undefined, 'the clear net');
        for (const exchanger of used) assert.ok(allowed.has(formatExchanger(exchanger)));
        entry = weighed.entry;
        assert.deepEqual(new Set(entry?.exchangers.map(formatExchanger)), allowed);
      }
    }),
  );
});

function usedExchangers(
  srv: SrvAnswer,
  holder: ReturnType<typeof weighAnswer>['holder'],
): ExchangerSet | undefined {
  if (holder.kind === 'memory') return holder.exchangers;
  return holder.kind === 'dns' && srv.kind === 'found' ? srv.exchangers : undefined;
}
