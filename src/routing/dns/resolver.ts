/**
 * Our stub resolver: the records of a name, CNAME chains followed, also when a resolver gives only a part of
 * the chain. It validates nothing itself: the AD bit of a trusted resolver is its word on DNSSEC (RFC 6840 §5.8).
 */
import { createDnsClient, type DnsClient } from '../../net/dns-client.ts';
import { type DnsServer, formatDnsServer } from '../../net/dns-server.ts';
import { type Chain, type ChainEnd, followChain, lastName, startChain } from '../../protocol/dns-chain.ts';
import type { DnsName } from '../../protocol/dns-name.ts';
import type { DnsRecord, RecordType } from '../../protocol/dns-records.ts';
import type { DnsResponse } from '../../protocol/dns-response.ts';
import { isResolverOnThisHost } from '../../protocol/dns-resolver-address.ts';
import { type AskFailure, type AskOptions, askResolvers } from './ask-resolvers.ts';
import { rcodeNxDomain } from './judge-response.ts';

/** Whose AD bit is believed: that of resolvers on this host, of all, or of none. */
type TrustAd = 'loopback' | 'always' | 'never';

interface ResolverOptions extends Omit<AskOptions, 'client'> {
  readonly trustAd: TrustAd;
  /** Default: one of its own. */
  readonly client?: DnsClient;
}

/** How an answer was come by. */
export interface Provenance {
  /** Every part of the answer was DNSSEC-validated, by the word of trusted resolvers. */
  readonly authenticated: boolean;
  /** How long it holds; a negative answer as RFC 2308 §5 has it, 0 when it must not be kept. */
  readonly ttlSeconds: number;
  /** Who answered last. */
  readonly resolver: string;
  /** The CNAME targets followed. */
  readonly chain: readonly string[];
}

export interface LookupFailure extends Omit<AskFailure, 'why'> {
  readonly why: AskFailure['why'] | 'chain-too-long';
}

export type Lookup<Type extends RecordType = RecordType> =
  | ({ readonly kind: 'records'; readonly records: readonly DnsRecord<Type>[] } & Provenance)
  | ({ readonly kind: 'none'; readonly why: 'nxdomain' | 'no-data' } & Provenance)
  /** A CNAME that must not or cannot be followed. */
  | ({ readonly kind: 'dead-end'; readonly target: string; readonly reason: string } & Provenance)
  | LookupFailure;

export interface Resolver {
  /** Throws `bug` for a name under .onion, before any socket is opened. */
  lookup<Type extends RecordType>(name: DnsName, type: Type): Promise<Lookup<Type>>;
}

/** Bounds silent resolvers and long chains together: Postfix gives up on a lookup after 100 s, and then on all mail. */
const maxLookupMs = 30_000;

export function createResolver(options: ResolverOptions): Resolver {
  const { client = createDnsClient() } = options;
  return { lookup: (name, type) => lookup(name, type, { ...options, client }) };
}

async function lookup<Type extends RecordType>(
  name: DnsName,
  type: Type,
  options: AskOptions & { readonly trustAd: TrustAd },
): Promise<Lookup<Type>> {
  const deadline = options.now() + maxLookupMs;
  let chain = startChain(name);
  let authenticated = true;
  for (;;) {
    const asked = await askResolvers(lastName(chain), type, options, deadline);
    if (asked.kind === 'failed') return asked;
    const { response, server } = asked;
    authenticated &&= response.isAuthenticated && isTrusted(server, options.trustAd);
    const end = followChain(response, chain);
    if (!isPartOfChain(end, chain, response)) {
      return concludeLookup(end, response, authenticated, formatDnsServer(server));
    }
    chain = end.chain;
  }
}

/** A checked certificate says who answers, not that who answers is to be believed: that is for the operator to say. */
function isTrusted({ address }: DnsServer, trustAd: TrustAd): boolean {
  if (trustAd === 'loopback') return isResolverOnThisHost(address);
  return trustAd === 'always';
}

/** Some CNAMEs, and neither the records at their end nor a word that there are none: the last name has to be asked. */
function isPartOfChain(end: ChainEnd, before: Chain, response: DnsResponse): boolean {
  const isLastWord = response.rcode === rcodeNxDomain || response.negativeTtlSeconds !== undefined;
  return end.kind === 'silent' && lastName(end.chain) !== lastName(before) && !isLastWord;
}

function concludeLookup<Type extends RecordType>(
  end: ChainEnd<Type>,
  response: DnsResponse,
  authenticated: boolean,
  resolver: string,
): Lookup<Type> {
  if (end.kind === 'too-long') return { kind: 'failed', why: 'chain-too-long', detail: end.reason, resolver };
  const [, ...chain] = end.chain.names;
  const provenance = { authenticated, ttlSeconds: end.chain.ttlSeconds, resolver, chain };
  if (end.kind === 'records') return { kind: 'records', records: end.records, ...provenance };
  if (end.kind === 'dead-end')
    return { kind: 'dead-end', target: end.target, reason: end.reason, ...provenance };
  const why = response.rcode === rcodeNxDomain ? 'nxdomain' : 'no-data';
  const ttlSeconds = Math.min(provenance.ttlSeconds, response.negativeTtlSeconds ?? 0);
  return { kind: 'none', why, ...provenance, ttlSeconds };
}
