/** What is remembered of one domain, and how its file says it: JSON that a person can read, times in UTC. */
import { z } from 'zod';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import { exchangerSetSchema } from '../protocol/exchanger-schema.ts';

const noneReasons = ['nxdomain', 'no-data', 'target-dot', 'no-valid-target'] as const;

/** What DNS says instead of what is remembered: other exchangers, or why there are none. */
export type Contradiction = ExchangerSet | (typeof noneReasons)[number];

/** An answer without DNSSEC says something else than the memory. Times are wall clock, in milliseconds. */
export interface Doubt {
  readonly says: Contradiction;
  /** Since when DNS contradicts. */
  readonly sinceMs: number;
  /** When `says` was noted: it stands for a while, so that changing answers are neither many writes nor many warnings. */
  readonly notedMs: number;
}

export interface MemoryEntry {
  readonly exchangers: ExchangerSet;
  /** Of the best sight of these exchangers. */
  readonly evidence: 'dnssec' | 'dns';
  /** Since when an onion is known for this domain. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The operator's word: nothing that DNS says changes it. */
  readonly isPinned: boolean;
  readonly doubt?: Doubt;
}

const time = z.iso.datetime().transform((text) => Date.parse(text));

const doubtSchema = z
  .object({ says: z.union([z.enum(noneReasons), exchangerSetSchema]), since: time, noted: time })
  .transform(({ says, since, noted }): Doubt => ({ says, sinceMs: since, notedMs: noted }));

const entrySchema = z.object({
  domain: z.string(),
  exchangers: exchangerSetSchema,
  evidence: z.enum(['dnssec', 'dns']),
  firstSeen: time,
  lastSeen: time,
  pinned: z.boolean(),
  doubt: doubtSchema.optional(),
});

/** Throws an Error that says what is wrong; keys that a newer onionmx may have added are no fault. */
export function parseEntry(domain: DomainName, text: string): MemoryEntry {
  const json: unknown = JSON.parse(text);
  const { domain: named, firstSeen, lastSeen, pinned, doubt, ...rest } = entrySchema.parse(json);
  if (parseDomainName(named) !== domain) throw new Error(`it is about ${named}`);
  const entry = { ...rest, firstSeenMs: firstSeen, lastSeenMs: lastSeen, isPinned: pinned };
  return doubt === undefined ? entry : { ...entry, doubt };
}

/** What the file of the domain holds. */
export function formatEntry(domain: DomainName, entry: MemoryEntry): string {
  return `${JSON.stringify(entryToJson(domain, entry), null, 1)}\n`;
}

export function entryToJson(domain: DomainName, entry: MemoryEntry) {
  const { exchangers, evidence, firstSeenMs, lastSeenMs, isPinned, doubt } = entry;
  return {
    domain,
    exchangers,
    evidence,
    firstSeen: toIso(firstSeenMs),
    lastSeen: toIso(lastSeenMs),
    pinned: isPinned,
    ...(doubt === undefined ? {} : { doubt: doubtToJson(doubt) }),
  };
}

function doubtToJson({ says, sinceMs, notedMs }: Doubt) {
  return { says, since: toIso(sinceMs), noted: toIso(notedMs) };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
