/** Whether more evidence of the exchangers of a domain is to be looked for, and which. Pure: the clock comes in. */
import type { DomainName } from '../../protocol/domain-name.ts';
import type { ExchangerSet } from '../../protocol/exchanger.ts';
import { type Evidence, isAtLeast } from '../evidence.ts';
import type { EvidenceQuestion } from './look-for-evidence.ts';
import type { MemoryEntry } from '../memory/memory-entry.ts';
import { areAllNamesKnown, type TlsPolicy } from '../tls-policy/tls-policy.ts';
import type { MemoryClock } from '../memory/weigh-answer.ts';

export interface EvidenceFacts {
  readonly domain: DomainName;
  /** Those that DNS names now. */
  readonly named: ExchangerSet | undefined;
  /** Those that mail would go to. */
  readonly used: ExchangerSet;
  readonly entry: MemoryEntry | undefined;
  readonly evidence: Evidence;
  readonly enough: Evidence;
  /** undefined: the evidence is such that it was not asked. */
  readonly policy: TlsPolicy | undefined;
}

/** undefined: there is enough, and it will last. */
export function questionFor(facts: EvidenceFacts, clock: MemoryClock): EvidenceQuestion | undefined {
  if (!isMoreWanted(facts, clock)) return undefined;
  const { domain, named, used, entry, policy } = facts;
  const areAllNames = areAllNamesKnown(policy);
  const exchangers = entry?.exchangers ?? used;
  return { domain, named, exchangers, certificateNames: namesFor(facts), areAllNames };
}

function isMoreWanted({ entry, evidence, enough }: EvidenceFacts, clock: MemoryClock): boolean {
  if (isAtLeast(evidence, 'pinned')) return false;
  // either somebody forges DNS, or the domain has moved, and may prove it
  if (entry?.doubt !== undefined) return true;
  if (evidence === 'proved') return isHalfOver(entry, clock);
  return !isAtLeast(evidence, 'dnssec') || !isAtLeast(evidence, enough);
}

/** Stops an attack: to be there for the moment when a proof ends must not be enough to be believed. */
function isHalfOver(entry: MemoryEntry | undefined, { nowMs, keepMs }: MemoryClock): boolean {
  return entry?.shown !== undefined && entry.shown.untilMs - nowMs < keepMs / 2;
}

/** A certificate is looked at where it decides: the TLS that it then asks for costs each delivery round trips. */
function namesFor({ domain, evidence, enough, policy }: EvidenceFacts): readonly string[] {
  if (isAtLeast(evidence, 'dnssec')) return [];
  if (policy?.kind === 'mta-sts') return [domain, ...policy.mxNames];
  return policy?.kind === 'dane' || enough === 'certificate' ? [domain] : [];
}
