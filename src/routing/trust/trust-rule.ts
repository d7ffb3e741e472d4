/**
 * The rule that accepts an onion route, or not. Pure. Two questions: is the evidence as much as the operator asks for; and would
 * the clear net authenticate the mail servers of the domain, while the onion does not? Why it is so: docs/trust.md.
 */
import { type Evidence, isAtLeast } from '../evidence.ts';
import type { TlsPolicy } from '../tls-policy/tls-policy.ts';

export interface TrustFacts {
  readonly evidence: Evidence;
  /** What the operator asks for, for this domain. */
  readonly enough: Evidence;
  /** undefined: it was not asked, because it does not matter. */
  readonly policy: TlsPolicy | undefined;
}

export type TrustVerdict =
  | { readonly kind: 'trusted'; readonly why: string }
  | { readonly kind: 'clearnet'; readonly why: string }
  /** The TLS policy is not known. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Stops an attack: who forges an SRV record must not get mail that DANE or MTA-STS would have kept from him. */
const authenticated: Evidence = 'certificate';

export function judgeTrust({ evidence, enough, policy }: TrustFacts): TrustVerdict {
  const quoted = `the evidence "${evidence}"`;
  if (!isAtLeast(evidence, enough))
    return { kind: 'clearnet', why: `${quoted} is less than "${enough}", which the setting trust asks for` };
  if (policy === undefined || isAtLeast(evidence, authenticated))
    return { kind: 'trusted', why: `${quoted} is enough` };
  switch (policy.kind) {
    case 'none':
      return {
        kind: 'trusted',
        why: `${quoted} is enough: the clear net would not authenticate its mail servers either (no DANE, no MTA-STS)`,
      };
    case 'dane':
    case 'mta-sts':
      return {
        kind: 'clearnet',
        why: `${namePolicy(policy)} authenticates its mail servers on the clear net (${policy.source}); ${quoted} is less than that`,
      };
    case 'unknown':
      return { kind: 'unknown', why: `whether it has DANE or MTA-STS cannot be found out (${policy.why})` };
  }
}

function namePolicy({ kind }: TlsPolicy): string {
  return kind === 'dane' ? 'DANE' : 'MTA-STS';
}
