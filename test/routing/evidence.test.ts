import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, evidences, isAtLeast, strongerOf } from '../../src/routing/evidence.ts';
import { evidenceFor, knownEvidence } from '../../src/routing/memory/known-evidence.ts';
import type { MemoryEntry, Shown } from '../../src/routing/memory/memory-entry.ts';
import type { SrvAnswer } from '../../src/routing/dns/srv-discovery.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { failed, none, says } from './made-up-answers.ts';
import { makeEntry, startMs } from './memory/made-up-memory.ts';

const day = 86_400_000;

test('the strongest comes first, and each is as much as itself', () => {
  const order: readonly Evidence[] = [
    'address',
    'pinned',
    'proved',
    'dnssec',
    'certificate',
    'remembered',
    'dns',
  ];
  assert.deepEqual(evidences, order);
  for (const [place, one] of order.entries()) {
    for (const [otherPlace, other] of order.entries()) {
      assert.equal(isAtLeast(one, other), place <= otherPlace, `${one} for ${other}`);
      assert.equal(strongerOf(one, other), order[Math.min(place, otherPlace)]);
    }
  }
});

const a = makeExchanger(1);
const seenFor = (days: number, change: Partial<MemoryEntry> = {}): MemoryEntry =>
  makeEntry(1, { firstSeenMs: startMs, lastSeenMs: startMs + days * day, ...change });
const shown = (evidence: Shown['evidence'], days: number): Partial<MemoryEntry> => ({
  shown: { evidence, untilMs: startMs + days * day },
});

/** The evidence of a route on this day, counted from the first sight. */
const rows: readonly [why: string, srv: SrvAnswer, entry: MemoryEntry | undefined, days: number, Evidence][] =
  [
    ['a plain answer', says([a]), undefined, 0, 'dns'],
    ['a validated answer, and nothing is remembered', says([a], true), undefined, 0, 'dnssec'],
    ['the first sight', says([a]), seenFor(0), 0, 'dns'],
    ['seen for nearly a week', says([a]), seenFor(6.9), 6.9, 'dns'],
    ['seen for a week', says([a]), seenFor(7), 7, 'remembered'],
    ['DNS fails now', failed, seenFor(7), 20, 'remembered'],
    ['DNS contradicts', none(), seenFor(7), 20, 'remembered'],
    ['attack: one forged answer, which nobody has seen again', failed, seenFor(0), 20, 'dns'],
    ['attack: the same, and DNS contradicts it since', says([makeExchanger(2)]), seenFor(0), 20, 'dns'],
    ['last seen with a clock that was years ahead', failed, seenFor(1000), 2, 'dns'],
    [
      'first seen with a clock that was years ahead',
      failed,
      seenFor(1000, { firstSeenMs: 10e12 }),
      20,
      'dns',
    ],
    ['a certificate counts', says([a]), seenFor(0, shown('certificate', 30)), 29, 'certificate'],
    ['a certificate counts no more', says([a]), seenFor(0, shown('certificate', 30)), 30, 'dns'],
    ['and what it was seen for is left', says([a]), seenFor(29, shown('certificate', 30)), 30, 'remembered'],
    ['validated before', failed, seenFor(0, shown('dnssec', 30)), 10, 'dnssec'],
    ['validated now', says([a], true), seenFor(8, shown('certificate', 30)), 10, 'dnssec'],
    [
      'a proof is more than a validated answer',
      says([a], true),
      seenFor(8, shown('proved', 30)),
      10,
      'proved',
    ],
    ['a proof that is over', failed, seenFor(8, shown('proved', 9)), 10, 'remembered'],
    ['the operator says so', failed, seenFor(0, { isPinned: true, ...shown('proved', 30) }), 10, 'pinned'],
  ];
for (const [why, srv, entry, days, evidence] of rows) {
  test(`evidence: ${why}`, () => {
    const nowMs = startMs + days * day;
    assert.equal(evidenceFor(srv, entry, nowMs), evidence);
    if (entry !== undefined && srv.kind === 'failed') assert.equal(knownEvidence(entry, nowMs), evidence);
  });
}
