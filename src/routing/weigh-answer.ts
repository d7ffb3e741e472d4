/**
 * The rule of the memory, like that of HSTS (RFC 6797) for onions: what a domain was seen to have outlives an answer that
 * anybody on the way could have forged. Pure: the clock comes in. What it means to operators: docs/memory.md.
 */
import { type ExchangerSet, formatExchanger, isSameSet, toExchangerSet } from '../protocol/exchanger.ts';
import type { Contradiction, Doubt, MemoryEntry } from './memory-entry.ts';
import type { SrvAnswer } from './srv-discovery.ts';

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

/** The second clause ends the memory also when the clock was far ahead at the last sight. */
export function isOver({ isPinned, lastSeenMs, doubt }: MemoryEntry, clock: MemoryClock): boolean {
  if (isPinned) return false;
  const { nowMs, keepMs } = clock;
  return nowMs - lastSeenMs >= keepMs || (doubt !== undefined && nowMs - doubt.sinceMs >= keepMs);
}

/** Until when the memory stands against what DNS says. */
export function endOf({ lastSeenMs, doubt }: MemoryEntry, keepMs: number): number {
  return Math.min(lastSeenMs, doubt?.sinceMs ?? lastSeenMs) + keepMs;
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
  const firstSeenMs = Math.min(known?.firstSeenMs ?? nowMs, nowMs);
  const evidence = authenticated ? 'dnssec' : 'dns';
  return { exchangers, evidence, firstSeenMs, lastSeenMs: nowMs, isPinned: false };
}

/**
 * The same addresses and ports. Other preferences among them lead mail to nobody new, so they are used at once; they are
 * written with the next sight.
 */
function confirm(srv: Answer & { kind: 'found' }, known: MemoryEntry, clock: MemoryClock): Weighed {
  const { nowMs } = clock;
  const holder: Holder = { kind: 'dns' };
  const isBetter =
    srv.authenticated && (known.evidence === 'dns' || !isSameSet(srv.exchangers, known.exchangers));
  const isSettled = known.doubt !== undefined && Math.abs(nowMs - known.doubt.notedMs) >= doubtStandsMs;
  if (!isSettled && !isBetter && !isSightDue(known, nowMs)) return { holder, entry: known };
  const { doubt: doubted, ...rest } = known;
  const entry: MemoryEntry = {
    ...rest,
    exchangers: srv.exchangers,
    evidence: srv.authenticated ? 'dnssec' : known.evidence,
    // a clock that is wrong by years, as after a start without a battery, must not make a memory old
    lastSeenMs: nowMs < known.firstSeenMs ? known.lastSeenMs : nowMs,
    ...(doubted === undefined || isSettled ? {} : { doubt: doubted }),
  };
  return isSettled ? { holder, entry, event: 'settled' } : { holder, entry };
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
  const holder = fromMemory(commonExchangers(known.exchangers, says) ?? known.exchangers);
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

function commonExchangers(known: ExchangerSet, says: Contradiction): ExchangerSet | undefined {
  if (typeof says === 'string') return undefined;
  const named = new Set(says.map(formatExchanger));
  return toExchangerSet(known.filter((exchanger) => named.has(formatExchanger(exchanger))));
}

function hasSameAddresses(one: ExchangerSet, other: ExchangerSet): boolean {
  const named = new Set(one.map(formatExchanger));
  return one.length === other.length && other.every((exchanger) => named.has(formatExchanger(exchanger)));
}
