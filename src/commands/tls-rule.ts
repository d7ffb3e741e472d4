/** Wires which mail goes inside TLS: that of routes that rest on a certificate, and what its senders want so. */
import type { TlsRuleOf } from '../delivery/tls-need.ts';
import type { Router } from '../routing/router.ts';
import { areAllNamesKnown, type AskTlsPolicy } from '../routing/tls-policy/tls-policy.ts';

/**
 * A route that has changed since the recipient was accepted is no reason to send in the clear: without TLS goes only what an
 * onion on other evidence may have.
 */
export function openTlsRule(router: Router, askPolicy: AskTlsPolicy): TlsRuleOf {
  return async (domain) => {
    const [{ route }, policy] = await Promise.all([router.route(domain), askPolicy(domain)]);
    const mxNames = policy.kind === 'mta-sts' ? policy.mxNames : [];
    const isNeeded = route.kind !== 'onion' || route.evidence === 'certificate';
    return { names: [domain, ...mxNames], areAllNames: areAllNamesKnown(policy), isNeeded };
  };
}
