/** What is remembered of one domain, and how its file says it: JSON that a person can read, times in UTC. */
import { z } from 'zod';
import { type DomainName, parseDomainName } from '../../protocol/domain-name.ts';
import type { ExchangerSet } from '../../protocol/exchanger.ts';
import { exchangerSetSchema } from '../../protocol/exchanger-schema.ts';

const noneReasons = ['nxdomain', 'no-data', 'target-dot', 'no-valid-target'] as const;
const shownEvidences = ['proved', 'dnssec', 'certificate'] as const;
const policyKinds = ['none', 'dane', 'mta-sts'] as const;

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

/** The best that was found for the exchangers, besides that they were seen. It counts until it would have to be found again. */
export interface Shown {
  readonly evidence: (typeof shownEvidences)[number];
  readonly untilMs: number;
}

/** What the last look at what the domain publishes, and at its exchangers, has found: for people. */
export interface Check {
  readonly atMs: number;
  readonly found: readonly string[];
}

export interface MemoryEntry {
  readonly exchangers: ExchangerSet;
  /** Since when these exchangers are known, with these addresses and ports. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly shown?: Shown;
  /** The operator's word: nothing that DNS says changes it. */
  readonly isPinned: boolean;
  readonly doubt?: Doubt;
  readonly check?: Check;
  /** The TLS policy of the domain, as it was when it could be found out last. */
  readonly policy?: (typeof policyKinds)[number];
}

const time = z.iso.datetime().transform((text) => Date.parse(text));

const doubtSchema = z
  .object({ says: z.union([z.enum(noneReasons), exchangerSetSchema]), since: time, noted: time })
  .transform(({ says, since, noted }): Doubt => ({ says, sinceMs: since, notedMs: noted }));

const shownSchema = z
  .object({ evidence: z.enum(shownEvidences), until: time })
  .transform(({ evidence, until }): Shown => ({ evidence, untilMs: until }));

const checkSchema = z
  .object({ at: time, found: z.array(z.string()).readonly() })
  .transform(({ at, found }): Check => ({ atMs: at, found }));

const entrySchema = z.object({
  domain: z.string(),
  exchangers: exchangerSetSchema,
  firstSeen: time,
  lastSeen: time,
  shown: shownSchema.optional(),
  pinned: z.boolean(),
  doubt: doubtSchema.optional(),
  check: checkSchema.optional(),
  policy: z.enum(policyKinds).optional(),
});

/** Throws an Error that says what is wrong; keys that a newer onionmx may have added are no fault. */
export function parseEntry(domain: DomainName, text: string): MemoryEntry {
  const json: unknown = JSON.parse(text);
  const parsed = entrySchema.parse(json);
  if (parseDomainName(parsed.domain) !== domain) throw new Error(`it is about ${parsed.domain}`);
  const { exchangers, firstSeen, lastSeen, shown, pinned, doubt, check, policy } = parsed;
  return {
    exchangers,
    firstSeenMs: firstSeen,
    lastSeenMs: lastSeen,
    isPinned: pinned,
    ...(shown === undefined ? {} : { shown }),
    ...(doubt === undefined ? {} : { doubt }),
    ...(check === undefined ? {} : { check }),
    ...(policy === undefined ? {} : { policy }),
  };
}

/** What the file of the domain holds. */
export function formatEntry(domain: DomainName, entry: MemoryEntry): string {
  return `${JSON.stringify(entryToJson(domain, entry), null, 1)}\n`;
}

/** A key without a value is left out by JSON.stringify. */
export function entryToJson(domain: DomainName, entry: MemoryEntry) {
  const { exchangers, firstSeenMs, lastSeenMs, shown, isPinned, doubt, check, policy } = entry;
  return {
    domain,
    exchangers,
    firstSeen: toIso(firstSeenMs),
    lastSeen: toIso(lastSeenMs),
    shown: shown && { evidence: shown.evidence, until: toIso(shown.untilMs) },
    pinned: isPinned,
    doubt: doubt && doubtToJson(doubt),
    check: check && { at: toIso(check.atMs), found: check.found },
    policy,
  };
}

function doubtToJson({ says, sinceMs, notedMs }: Doubt) {
  return { says, since: toIso(sinceMs), noted: toIso(notedMs) };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
