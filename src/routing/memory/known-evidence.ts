/** How much evidence of the exchangers of a domain there is. Pure: the clock comes in. */
import { type Evidence, strongerOf } from '../evidence.ts';
import type { MemoryEntry, Shown } from './memory-entry.ts';
import type { SrvAnswer } from '../dns/srv-discovery.ts';

/** For how long the same exchangers have to be seen until that is evidence of its own: longer than most attacks last. */
const rememberedAfterMs = 7 * 86_400_000;

/** The best evidence for the exchangers of a route: what is known about them, and what DNS says now. */
export function evidenceFor(srv: SrvAnswer, entry: MemoryEntry | undefined, nowMs: number): Evidence {
  const said: Evidence = srv.kind === 'found' && srv.authenticated ? 'dnssec' : 'dns';
  return entry === undefined ? said : strongerOf(said, knownEvidence(entry, nowMs));
}

/** The best evidence for the exchangers that are remembered. */
export function knownEvidence(entry: MemoryEntry, nowMs: number): Evidence {
  if (entry.isPinned) return 'pinned';
  const aged: Evidence = wasSeenForLong(entry, nowMs) ? 'remembered' : 'dns';
  return strongerOf(aged, livingShown(entry, nowMs)?.evidence ?? 'dns');
}

/**
 * Stops an attack: one forged answer, at the very first question, must not become evidence by nothing but time. They were seen
 * at the end of that time, too.
 */
function wasSeenForLong({ firstSeenMs, lastSeenMs }: MemoryEntry, nowMs: number): boolean {
  return Math.min(lastSeenMs, nowMs) - firstSeenMs >= rememberedAfterMs;
}

/** What was found about the exchangers, unless it is too old to count. */
export function livingShown({ shown }: MemoryEntry, nowMs: number): Shown | undefined {
  return shown === undefined || nowMs >= shown.untilMs ? undefined : shown;
}
