/**
 * Finds the onion mail exchangers that a domain publishes: SRV records (RFC 2782) at `_onion-mx._tcp.<domain>`
 * whose targets are onion addresses.
 */
import { OnionmxError, toOnionmxError } from '../../errors.ts';
import { type DnsName, toDnsName, toPrintableText } from '../../protocol/dns-name.ts';
import type { SrvRecord } from '../../protocol/dns-records.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, toExchangerSet } from '../../protocol/exchanger.ts';
import { parseOnionAddress } from '../../protocol/onion-address.ts';
import { createDnsCache } from './dns-cache.ts';
import type { Lookup, LookupFailure, Provenance } from './resolver.ts';

interface IgnoredTarget {
  readonly target: string;
  readonly reason: string;
}

type NoneReason = 'nxdomain' | 'no-data' | 'target-dot' | 'no-valid-target';

/** What the records say. Targets that are no valid onion address are in `ignored`. */
type Reading = { readonly ignored: readonly IgnoredTarget[] } & (
  | { readonly kind: 'found'; readonly exchangers: ExchangerSet }
  | { readonly kind: 'none'; readonly why: NoneReason }
);

export type SrvAnswer = (Reading & Provenance) | LookupFailure;

/** What of a `Resolver` is needed here. */
interface SrvResolver {
  lookup(name: DnsName, type: 'SRV'): Promise<Lookup<'SRV'>>;
}

interface SrvDiscoveryOptions {
  readonly resolver: SrvResolver;
  readonly cacheEntries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** A domain with more than this many is mistaken or hostile: each costs a curve check now and a connection later. */
const maxTargets = 32;

/** The answer for a domain, from the cache while it holds. The function never throws. */
export function createSrvDiscovery(options: SrvDiscoveryOptions): (domain: DomainName) => Promise<SrvAnswer> {
  const { resolver, cacheEntries, now } = options;
  return createDnsCache({ maxEntries: cacheEntries, now, ask: (domain) => discover(domain, resolver) });
}

async function discover(domain: DomainName, resolver: SrvResolver): Promise<SrvAnswer> {
  const name = toDnsName(`_onion-mx._tcp.${domain}`);
  if (name === undefined) return tooLongToAsk;
  try {
    return readLookup(await resolver.lookup(name, 'SRV'));
  } catch (error) {
    const detail = toOnionmxError(error).message;
    return { kind: 'failed', why: 'malformed', detail, resolver: 'none' };
  }
}

/** No such name can exist (RFC 1035 §2.3.4), so there is nothing to ask. */
const tooLongToAsk: SrvAnswer = {
  kind: 'none',
  why: 'no-data',
  ignored: [],
  authenticated: false,
  ttlSeconds: 0,
  resolver: 'none',
  chain: [],
};

function readLookup(lookup: Lookup<'SRV'>): SrvAnswer {
  if (lookup.kind === 'failed') return lookup;
  const { authenticated, ttlSeconds, resolver, chain } = lookup;
  return { ...readOutcome(lookup), authenticated, ttlSeconds, resolver, chain };
}

function readOutcome(lookup: Exclude<Lookup<'SRV'>, { kind: 'failed' }>): Reading {
  if (lookup.kind === 'none') return { kind: 'none', why: lookup.why, ignored: [] };
  if (lookup.kind === 'records') return readRecords(lookup.records);
  const { target, reason } = lookup;
  return { kind: 'none', why: 'no-valid-target', ignored: [{ target, reason }] };
}

function readRecords(records: readonly SrvRecord[]): Reading {
  // RFC 2782, "Target": a sole `.` says that the service is decidedly not there.
  if (records.every(({ target }) => target === '.')) return { kind: 'none', why: 'target-dot', ignored: [] };
  const sorted = records.toSorted((one, other) => one.priority - other.priority);
  const targets = sorted.slice(0, maxTargets).map(readTarget);
  const exchangers = toExchangerSet(targets.filter(isExchanger));
  const ignored = [...targets.filter(isIgnored), ...noteExcess(sorted.length - maxTargets)];
  if (exchangers === undefined) return { kind: 'none', why: 'no-valid-target', ignored };
  return { kind: 'found', exchangers, ignored };
}

function readTarget({ target, port, priority, weight }: SrvRecord): Exchanger | IgnoredTarget {
  const name = toDnsName(target);
  if (name === undefined) return { target: toPrintableText(target, 255), reason: 'it is no host name' };
  if (port === 0) return { target: name, reason: 'its port is 0' };
  try {
    return { onionAddress: parseOnionAddress(name), port, priority, weight };
  } catch (error) {
    if (error instanceof OnionmxError) return { target: name, reason: error.message };
    throw error;
  }
}

function isExchanger(target: Exchanger | IgnoredTarget): target is Exchanger {
  return 'onionAddress' in target;
}

function isIgnored(target: Exchanger | IgnoredTarget): target is IgnoredTarget {
  return 'reason' in target;
}

function noteExcess(count: number): IgnoredTarget[] {
  if (count <= 0) return [];
  return [{ target: `${count} more`, reason: `only the first ${maxTargets} records are read` }];
}
