/**
 * The rule that turns what is known about a recipient domain into a route. Pure: no lookups, no clock.
 * What a DNS failure means, and why: docs/routing.md.
 */
import { OnionmxError } from '../errors.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { parseOnionAddress } from '../protocol/onion-address.ts';
import type { Evidence } from './evidence.ts';
import type { OnFailure } from './failure-policy.ts';
import type { Route } from './route.ts';
import type { SrvAnswer } from './dns/srv-discovery.ts';
import type { Holder } from './memory/weigh-answer.ts';

/** What is known when DNS has answered, or failed to. */
export interface DnsFacts extends FailureFacts {
  readonly srv: SrvAnswer;
  /** Whose word holds, after the memory was asked. */
  readonly holder: Holder;
  /** Of the exchangers that the holder names. */
  readonly evidence: Evidence;
}

/** The recipient domain is under .onion: it names its own exchanger, or nobody. */
export function decideForOnionAddress(domain: DomainName): Route {
  try {
    const only = { onionAddress: parseOnionAddress(domain), port: 25, priority: 0, weight: 0 };
    return { kind: 'onion', exchangers: [only], evidence: 'address' };
  } catch (error) {
    if (error instanceof OnionmxError) return { kind: 'reject', status: '5.1.2', reason: error.message };
    throw error;
  }
}

/** An ordinary domain that the map does not know. */
export function decideFromDns(facts: DnsFacts): Route {
  const { srv, holder, evidence } = facts;
  if (holder.kind === 'memory') return { kind: 'onion', exchangers: holder.exchangers, evidence };
  switch (srv.kind) {
    case 'found':
      return { kind: 'onion', exchangers: srv.exchangers, evidence };
    case 'none':
      return { kind: 'clearnet', reason: reasonForNone[srv.why] };
    case 'failed':
      return decideWithoutDns(facts, srv);
  }
}

const reasonForNone = {
  nxdomain: 'it publishes no _onion-mx SRV record',
  'no-data': 'it publishes no _onion-mx SRV record',
  'target-dot': 'its _onion-mx SRV record says that it takes no mail over an onion (target ".")',
  'no-valid-target': 'none of its _onion-mx SRV targets is a valid onion address',
} as const;

function decideWithoutDns(facts: DnsFacts, failure: SrvAnswer & { kind: 'failed' }): Route {
  const what = `DNS failed (${failure.why}: ${failure.detail})`;
  return decideOnFailure(facts, what, 'whether there is an onion mail exchanger is not known');
}

/** How long something has failed for a domain without which its route is not known, and what the operator wants then. */
export interface FailureFacts {
  readonly failingForMs: number;
  readonly onFailure: OnFailure;
  /** `bounded`: how long mail waits before it takes the clear net. Milliseconds. */
  readonly deferMs: number;
}

export function decideOnFailure(
  { failingForMs, onFailure, deferMs }: FailureFacts,
  what: string,
  meaning: string,
): Route {
  if (onFailure === 'clearnet') return { kind: 'clearnet', reason: `${what}: ${meaning}` };
  if (onFailure === 'defer' || failingForMs < deferMs)
    return { kind: 'defer', status: '4.4.3', reason: `${what}; ${meaning}, trying again` };
  const minutes = Math.floor(failingForMs / 60_000);
  return { kind: 'clearnet', reason: `${what} for ${minutes} minutes: ${meaning}` };
}
