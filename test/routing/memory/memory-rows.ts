/** How the rule of the memory is tested: what DNS says of a domain that is known, or not, and what becomes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangerSet } from '../../../src/protocol/exchanger.ts';
import type { MemoryEntry, Shown } from '../../../src/routing/memory/memory-entry.ts';
import type { SrvAnswer } from '../../../src/routing/dns/srv-discovery.ts';
import { type MemoryClock, type MemoryEvent, weighAnswer } from '../../../src/routing/memory/weigh-answer.ts';
import { makeExchanger } from '../../made-up-onions.ts';

export const hour = 3_600_000;
export const day = 24 * hour;
export const start = Date.parse('2026-01-01T00:00:00Z');
export const keepMs = 30 * day;
export const at = (nowMs: number): MemoryClock => ({ nowMs, keepMs });

export const [a, b] = [makeExchanger(1), makeExchanger(2)];
export const known: MemoryEntry = {
  exchangers: [a],
  firstSeenMs: start - 10 * day,
  lastSeenMs: start,
  isPinned: false,
};
export const doubted: MemoryEntry = {
  ...known,
  doubt: { says: 'nxdomain', sinceMs: start + hour, notedMs: start + hour },
};
export const pinned: MemoryEntry = { ...known, isPinned: true };
export const sighted = (
  exchangers: ExchangerSet,
  nowMs: number,
  evidence?: Shown['evidence'],
): MemoryEntry => ({
  exchangers,
  firstSeenMs: nowMs,
  lastSeenMs: nowMs,
  isPinned: false,
  ...(evidence === undefined ? {} : { shown: show(evidence, nowMs) }),
});
export const show = (evidence: Shown['evidence'], nowMs: number): Shown => ({
  evidence,
  untilMs: nowMs + keepMs,
});
export const doubting = (contradiction: ExchangerSet | 'nxdomain' | 'target-dot', nowMs: number) => ({
  says: contradiction,
  sinceMs: nowMs,
  notedMs: nowMs,
});

export type Row = readonly [
  why: string,
  srv: SrvAnswer,
  entry: MemoryEntry | undefined,
  nowMs: number,
  /** Whose word holds; of the memory, the exchangers. */
  holder: 'dns' | 'nobody' | ExchangerSet,
  after: MemoryEntry | undefined,
  event?: MemoryEvent,
];

export function testRows(rows: readonly Row[]): void {
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
}
