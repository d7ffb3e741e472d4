/**
 * Whether the clear net would authenticate the mail servers of a domain: by DANE (RFC 7672), by MTA-STS (RFC 8461), or by what
 * the operator has written for Postfix. An onion on weaker evidence must not take the place of that.
 */
import type { DomainName } from '../../protocol/domain-name.ts';

export type TlsPolicy =
  | { readonly kind: 'none' }
  /** `source` says who said so, for people. */
  | { readonly kind: 'dane'; readonly source: string }
  /**
   * MTA-STS, or what the operator has written in its form. `mxNames`: `mx.example.org` or `*.example.org`; empty when no name is
   * known. `isUnconfirmed`: so far only a DNS record says so, which anybody may have forged.
   */
  | {
      readonly kind: 'mta-sts';
      readonly mxNames: readonly string[];
      readonly source: string;
      readonly isUnconfirmed?: true;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** false: a certificate of another name may be good for the domain, by names of its policy that are not known now. */
export function areAllNamesKnown(policy: TlsPolicy | undefined): boolean {
  return policy?.kind !== 'unknown' && !(policy?.kind === 'mta-sts' && policy.mxNames.length === 0);
}

/** Never throws, and never waits for Tor. */
export type AskTlsPolicy = (domain: DomainName) => Promise<TlsPolicy>;
