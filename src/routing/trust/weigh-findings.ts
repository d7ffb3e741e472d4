/** What the memory makes of the evidence that was looked for, behind the lookups. Pure: the clock comes in. */
import {
  commonExchangers,
  type ExchangerSet,
  hasSameAddresses,
  isPartOf,
  toExchangerSet,
} from '../../protocol/exchanger.ts';
import { isAtLeast } from '../evidence.ts';
import { livingShown } from '../memory/known-evidence.ts';
import type { Check, MemoryEntry, Shown } from '../memory/memory-entry.ts';
import type { MemoryClock } from '../memory/weigh-answer.ts';

export interface Findings {
  /** Those that DNS named; undefined: it named none, or failed. */
  readonly named: ExchangerSet | undefined;
  /** All that the domain and their onion services say together, and until when. */
  readonly proved: Proved | undefined;
  /** Those whose certificates were looked at. */
  readonly exchangers: ExchangerSet;
  /** Whether each of them shows a certificate for the domain; undefined: that was not looked at, or not to be seen. */
  readonly isCertified: boolean | undefined;
  /** For people. */
  readonly found: readonly string[];
}

interface Proved {
  readonly exchangers: ExchangerSet;
  readonly untilMs: number;
}

/**
 * `proved` for the first time; `certified` for the first time; `changed` to others that are proved; `overruled`: what the domain
 * has published leaves out exchangers that DNS has named; `refuted`: the certificate was good, and is not any more.
 */
export type FindingsEvent = 'proved' | 'certified' | 'changed' | 'overruled' | 'refuted';

export interface WeighedFindings {
  readonly entry: MemoryEntry | undefined;
  readonly event?: FindingsEvent;
}

/** undefined stays undefined: what was forgotten meanwhile, or is never remembered, gets no evidence. */
export function weighFindings(
  findings: Findings,
  known: MemoryEntry | undefined,
  clock: MemoryClock,
): WeighedFindings {
  if (known === undefined || known.isPinned) return { entry: known };
  const { named, proved, exchangers, isCertified, found } = findings;
  const entry = { ...known, check: { atMs: clock.nowMs, found } };
  const weighed = proved === undefined ? undefined : weighProofs(proved, named, entry, clock);
  if (weighed !== undefined) return weighed;
  // it may have changed since they were looked at
  const isOfThese = hasSameAddresses(exchangers, entry.exchangers);
  return isOfThese && isCertified !== undefined ? noteCertificate(entry, isCertified, clock) : { entry };
}

/** undefined: the proofs are about none of the exchangers that count. */
function weighProofs(
  proved: Proved,
  named: ExchangerSet | undefined,
  entry: MemoryEntry,
  clock: MemoryClock,
): WeighedFindings | undefined {
  const shown: Shown = { evidence: 'proved', untilMs: proved.untilMs };
  const isChange = named !== undefined && !hasSameAddresses(named, entry.exchangers);
  if (isChange && isPartOf(named, proved.exchangers))
    return { entry: beginAnew(entry, named, shown, clock), event: 'changed' };
  if (isPartOf(entry.exchangers, proved.exchangers)) return confirmProof(entry, shown, clock);
  const before = livingShown(entry, clock.nowMs);
  if (before !== undefined && isAtLeast(before.evidence, 'dnssec')) return undefined;
  return { entry: overrule(entry, named, proved, clock), event: 'overruled' };
}

/** What DNS says against it stays a doubt: DNS ends that itself. */
function confirmProof(entry: MemoryEntry, shown: Shown, { nowMs }: MemoryClock): WeighedFindings {
  const isNew = livingShown(entry, nowMs)?.evidence !== 'proved';
  return isNew ? { entry: { ...entry, shown }, event: 'proved' } : { entry: { ...entry, shown } };
}

function beginAnew(
  entry: MemoryEntry,
  exchangers: ExchangerSet,
  shown: Shown,
  { nowMs }: MemoryClock,
): MemoryEntry {
  const { doubt: _, ...rest } = entry;
  return { ...rest, exchangers, shown, firstSeenMs: nowMs, lastSeenMs: nowMs };
}

/**
 * Stops an attack: a forged SRV record that came before anything was known of the domain. It may name the domain's own exchanger
 * too, so those that have no proof go, also when others beside them have one.
 */
function overrule(
  entry: MemoryEntry,
  named: ExchangerSet | undefined,
  { exchangers, untilMs }: Proved,
  clock: MemoryClock,
): MemoryEntry {
  const { nowMs } = clock;
  const left = commonExchangers(entry.exchangers, exchangers) ?? onePortEach(exchangers);
  const begun = beginAnew(entry, left, { evidence: 'proved', untilMs }, clock);
  return { ...begun, doubt: { says: named ?? entry.exchangers, sinceMs: nowMs, notedMs: nowMs } };
}

/** A proof has no preferences: of several ports of one onion service the lowest is used. */
function onePortEach(exchangers: ExchangerSet): ExchangerSet {
  const lowest = exchangers.filter(
    ({ onionAddress, port }) =>
      !exchangers.some((other) => other.onionAddress === onionAddress && other.port < port),
  );
  return toExchangerSet(lowest) ?? exchangers;
}

function noteCertificate(
  entry: MemoryEntry & { readonly check: Check },
  isCertified: boolean,
  { nowMs, keepMs }: MemoryClock,
): WeighedFindings {
  const before = livingShown(entry, nowMs);
  if (before !== undefined && isAtLeast(before.evidence, 'dnssec')) return { entry };
  const { shown: _, ...rest } = entry;
  if (!isCertified) return before === undefined ? { entry: rest } : { entry: rest, event: 'refuted' };
  const certified: MemoryEntry = { ...rest, shown: { evidence: 'certificate', untilMs: nowMs + keepMs } };
  return before === undefined ? { entry: certified, event: 'certified' } : { entry: certified };
}
