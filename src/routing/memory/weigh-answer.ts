/**
 * The rule of the memory, like that of HSTS (RFC 6797) for onions: what a domain was seen to have outlives an answer that
 * anybody on the way could have forged. Pure: the clock comes in. What it means to operators: docs/memory.md.
 */
import {
  commonExchangers,
  type ExchangerSet,
  hasSameAddresses,
  isSameSet,
} from '../../protocol/exchanger.ts';
import { isAtLeast } from '../evidence.ts';
import { livingShown } from './known-evidence.ts';
import type { Contradiction, Doubt, MemoryEntry, Shown } from './memory-entry.ts';
import type { SrvAnswer } from '../dns/srv-discovery.ts';

/** Wall clock, in milliseconds. */
export interface MemoryClock {
  readonly nowMs: number;
  /** For how long a domain is remembered after it was last seen; 0: nothing is remembered. */
  readonly keepMs: number;
}

/** Whose word holds: DNS's, the memory's (with the exchangers to use), or nobody's: DNS fails and nothing is remembered. */
export type Holder =
  | { readonly kind: 'dns' }
  | { readonly kind: 'memory'; readonly exchangers: ExchangerSet }
  | { readonly kind: 'nobody' };

/** `first` sight; `changed` or `vanished` by a validated answer; `over`: too long unseen, so DNS is believed again. */
export type MemoryEvent = 'first' | 'changed' | 'vanished' | 'doubted' | 'settled' | 'over';

export interface Weighed {
  readonly holder: Holder;
  /** What is remembered from now on; the very entry that was known when nothing is to be written. */
  readonly entry: MemoryEntry | undefined;
  readonly event?: MemoryEvent;
}

type Answer = Exclude<SrvAnswer, { kind: 'failed' }>;

/** A sight is written twice a day at most: a lookup is no disk write. */
const refreshMs = 43_200_000;
/** A doubt is changed once an hour at most: whoever forges answers must not fill the log. */
const doubtStandsMs = 3_600_000;

export function weighAnswer(srv: SrvAnswer, known: MemoryEntry | undefined, clock: MemoryClock): Weighed {
  const living = known !== undefined && !isOver(known, clock) ? known : undefined;
  if (living?.isPinned === true) return { holder: fromMemory(living.exchangers), entry: known };
  if (srv.kind === 'failed')
    return {
      holder: living === undefined ? { kind: 'nobody' } : fromMemory(living.exchangers),
      entry: known,
    };
  if (living === undefined) return believe(srv, known, clock);
  if (srv.kind === 'found' && hasSameAddresses(srv.exchangers, living.exchangers))
    return confirm(srv, living, clock);
  return srv.authenticated ? believe(srv, living, clock) : contradict(srv, living, clock);
}

export function isOver(entry: MemoryEntry, { nowMs, keepMs }: MemoryClock): boolean {
  return !entry.isPinned && (keepMs === 0 || nowMs >= endOf(entry, keepMs));
}

/**
 * Until when the memory stands against what DNS says. A doubt ends it also when the clock was far ahead at the last sight. Stops
 * an attack: who forges answers for longer than the memory lasts does not get by what the domain itself goes on to prove.
 */
export function endOf({ lastSeenMs, doubt, shown }: MemoryEntry, keepMs: number): number {
  const forgottenMs = Math.min(lastSeenMs, doubt?.sinceMs ?? lastSeenMs) + keepMs;
  return shown?.evidence === 'proved' ? Math.max(forgottenMs, shown.untilMs) : forgottenMs;
}

function fromMemory(exchangers: ExchangerSet): Holder {
  return { kind: 'memory', exchangers };
}

/** The answer holds: nothing was remembered, the memory is over, or the answer is validated. */
function believe(srv: Answer, known: MemoryEntry | undefined, clock: MemoryClock): Weighed {
  const holder: Holder = { kind: 'dns' };
  const event = eventOfBelief(srv, known, clock);
  const entry = srv.kind === 'found' ? firstSight(srv.exchangers, srv, known, clock) : undefined;
  return event === undefined ? { holder, entry } : { holder, entry, event };
}

function eventOfBelief(
  srv: Answer,
  known: MemoryEntry | undefined,
  clock: MemoryClock,
): MemoryEvent | undefined {
  if (clock.keepMs === 0) return undefined;
  if (known === undefined) return srv.kind === 'found' ? 'first' : undefined;
  if (!srv.authenticated) return 'over';
  return srv.kind === 'found' ? 'changed' : 'vanished';
}

function firstSight(
  exchangers: ExchangerSet,
  { authenticated }: Answer,
  known: MemoryEntry | undefined,
  { nowMs, keepMs }: MemoryClock,
): MemoryEntry | undefined {
  if (keepMs === 0) return undefined;
  const isSame = known !== undefined && hasSameAddresses(exchangers, known.exchangers);
  return {
    exchangers,
    firstSeenMs: isSame ? Math.min(known.firstSeenMs, nowMs) : nowMs,
    lastSeenMs: nowMs,
    isPinned: false,
    ...(authenticated ? { shown: { evidence: 'dnssec', untilMs: nowMs + keepMs } } : {}),
    ...(known?.policy === undefined ? {} : { policy: known.policy }),
  };
}

/**
 * The same addresses and ports. Other preferences among them lead mail to nobody new, so they are used at once; they are
 * written with the next sight.
 */
function confirm(srv: Answer & { kind: 'found' }, known: MemoryEntry, clock: MemoryClock): Weighed {
  const { nowMs } = clock;
  const holder: Holder = { kind: 'dns' };
  const before = livingShown(known, nowMs);
  const isBetter =
    srv.authenticated && (before === undefined || !isSameSet(srv.exchangers, known.exchangers));
  const isSettled = known.doubt !== undefined && Math.abs(nowMs - known.doubt.notedMs) >= doubtStandsMs;
  if (!isSettled && !isBetter && !isSightDue(known, nowMs)) return { holder, entry: known };
  const { doubt: doubted, shown: _, ...rest } = known;
  const shown = srv.authenticated ? showDnssec(before, clock) : before;
  const entry: MemoryEntry = {
    ...rest,
    exchangers: srv.exchangers,
    // a clock that is wrong by years, as after a start without a battery, must not make a memory old
    lastSeenMs: nowMs < known.firstSeenMs ? known.lastSeenMs : nowMs,
    ...(shown === undefined ? {} : { shown }),
    ...(doubted === undefined || isSettled ? {} : { doubt: doubted }),
  };
  return isSettled ? { holder, entry, event: 'settled' } : { holder, entry };
}

/** A proof that still counts is worth more than what DNS says. */
function showDnssec(before: Shown | undefined, { nowMs, keepMs }: MemoryClock): Shown {
  if (before !== undefined && isAtLeast(before.evidence, 'proved')) return before;
  return { evidence: 'dnssec', untilMs: nowMs + keepMs };
}

function isSightDue({ firstSeenMs, lastSeenMs }: MemoryEntry, nowMs: number): boolean {
  return nowMs >= firstSeenMs && Math.abs(nowMs - lastSeenMs) >= refreshMs;
}

/**
 * Stops an attack: whoever can forge DNS must not move mail to the clear net, nor to an onion of his own. Of what the memory
 * has, that which DNS still names is used: a domain may take one of several exchangers away.
 */
function contradict(srv: Answer, known: MemoryEntry, { nowMs }: MemoryClock): Weighed {
  const says: Contradiction = srv.kind === 'found' ? srv.exchangers : srv.why;
  const left = typeof says === 'string' ? undefined : commonExchangers(known.exchangers, says);
  const holder = fromMemory(left ?? known.exchangers);
  const noted = noteDoubt(known.doubt, says, nowMs);
  if (noted === known.doubt) return { holder, entry: known };
  return { holder, entry: { ...known, doubt: noted }, event: 'doubted' };
}

function noteDoubt(before: Doubt | undefined, says: Contradiction, nowMs: number): Doubt {
  if (before === undefined) return { says, sinceMs: nowMs, notedMs: nowMs };
  const stands = Math.abs(nowMs - before.notedMs) < doubtStandsMs;
  return stands || isSameWord(before.says, says) ? before : { ...before, says, notedMs: nowMs };
}

function isSameWord(one: Contradiction, other: Contradiction): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return isSameSet(one, other);
}
