/**
 * What the MTA-STS record of a domain and the policy that was fetched before mean together (RFC 8461 §3.1, §3.3, §5.1, §10.2).
 * A policy holds until its max_age is over, whatever DNS says: whoever can forge or block DNS must not be able to end it.
 */
import type { MtaStsPolicy } from '../../protocol/mta-sts-policy.ts';
import type { TlsPolicy } from './tls-policy.ts';

export type RecordAnswer =
  | { readonly kind: 'found'; readonly id: string; readonly ttlSeconds: number }
  | { readonly kind: 'none'; readonly why: string; readonly ttlSeconds: number }
  | { readonly kind: 'failed'; readonly why: string };

export interface KeptPolicy extends MtaStsPolicy {
  /** Of the record that it was fetched for. */
  readonly id: string;
  /** Wall clock, in milliseconds. */
  readonly fetchedMs: number;
}

interface WeighedPolicy {
  readonly policy: TlsPolicy;
  /** The version to be fetched now. */
  readonly wantedId: string | undefined;
}

/** RFC 8461 §10.2: fetched again in good time, so that blocking it just before its end does not suffice. */
const refreshMs = 86_400_000;
/** Below that a policy would be over before the next question, and be fetched for each mail. */
const minKeptMs = 3_600_000;

export function weighPolicy(
  record: RecordAnswer,
  kept: KeptPolicy | undefined,
  nowMs: number,
): WeighedPolicy {
  if (kept !== undefined && isHolding(kept, nowMs)) {
    const isDue = isOld(kept, nowMs) || (record.kind === 'found' && record.id !== kept.id);
    const id = record.kind === 'found' ? record.id : kept.id;
    return { policy: useKept(kept, record), wantedId: isDue ? id : undefined };
  }
  switch (record.kind) {
    case 'found': {
      // what it says is not known yet: as if it were enforced, which is the safe side
      const source = 'its MTA-STS policy, which is not known yet';
      return { policy: { kind: 'mta-sts', mxNames: [], source, isUnconfirmed: true }, wantedId: record.id };
    }
    case 'none':
      return { policy: { kind: 'none' }, wantedId: undefined };
    case 'failed':
      return {
        policy: { kind: 'unknown', why: `whether it has MTA-STS: ${record.why}` },
        wantedId: undefined,
      };
  }
}

/** A clock that was set back makes none too old. */
export function isHolding({ fetchedMs, maxAgeSeconds }: KeptPolicy, nowMs: number): boolean {
  return nowMs - fetchedMs < Math.max(maxAgeSeconds * 1000, minKeptMs);
}

function isOld({ fetchedMs, maxAgeSeconds }: KeptPolicy, nowMs: number): boolean {
  const lifetimeMs = Math.max(maxAgeSeconds * 1000, minKeptMs);
  return Math.abs(nowMs - fetchedMs) >= Math.min(refreshMs, lifetimeMs / 2);
}

function useKept({ mode, mxNames, fetchedMs }: KeptPolicy, record: RecordAnswer): TlsPolicy {
  // testing: its owner wants reports and no refusals (RFC 8461 §5)
  if (mode !== 'enforce') return { kind: 'none' };
  const fetched = `its MTA-STS policy (enforce, fetched ${new Date(fetchedMs).toISOString().slice(0, 10)})`;
  return { kind: 'mta-sts', mxNames, source: `${fetched}${describeContradiction(record)}` };
}

function describeContradiction(record: RecordAnswer): string {
  if (record.kind === 'none') return ', although DNS names none now';
  return record.kind === 'failed' ? ', while DNS fails' : '';
}
