/**
 * Whether a domain has DANE for SMTP (RFC 7672 §2.2): MX records with DNSSEC, and at one of these hosts usable TLSA records with
 * DNSSEC. One such host is enough here: the others of a domain are there for when it fails, and an onion is no failure of it.
 */
import { type DnsName, toDnsName } from '../../protocol/dns-name.ts';
import type { MxRecord, TlsaRecord } from '../../protocol/dns-records.ts';
import { type DomainName, isUnderOnion } from '../../protocol/domain-name.ts';
import { createDnsCache } from '../dns/dns-cache.ts';
import type { Lookup, Resolver } from '../dns/resolver.ts';

export type DaneAnswer =
  | { readonly kind: 'found'; readonly mxName: string; readonly ttlSeconds: number }
  | { readonly kind: 'none'; readonly ttlSeconds: number }
  | { readonly kind: 'failed'; readonly why: string };

interface DaneOptions {
  readonly resolver: Resolver;
  readonly cacheEntries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Those preferred come first; a domain with more is mistaken or hostile, and each costs a question. */
const maxHosts = 16;

/** The answer for a domain, from the cache while it holds. */
export function createDaneSource(options: DaneOptions): (domain: DomainName) => Promise<DaneAnswer> {
  const { resolver, cacheEntries, now } = options;
  return createDnsCache({ maxEntries: cacheEntries, now, ask: (domain) => askDane(domain, resolver) });
}

async function askDane(domain: DomainName, resolver: Resolver): Promise<DaneAnswer> {
  const name = toDnsName(domain);
  if (name === undefined) return { kind: 'none', ttlSeconds: 0 };
  const mx = await resolver.lookup(name, 'MX');
  if (mx.kind === 'failed') return { kind: 'failed', why: `MX of ${domain}: ${mx.detail}` };
  const answers = await Promise.all(hostsOf(mx, name).map((host) => askHost(host, resolver)));
  return joinAnswers(answers, mx.ttlSeconds);
}

/** Of the hosts of a domain; each holds no longer than the MX records. */
function joinAnswers(answers: readonly DaneAnswer[], mxTtlSeconds: number): DaneAnswer {
  let ttlSeconds = mxTtlSeconds;
  let failure: DaneAnswer | undefined;
  for (const answer of answers) {
    if (answer.kind === 'found') return { ...answer, ttlSeconds: Math.min(mxTtlSeconds, answer.ttlSeconds) };
    if (answer.kind === 'failed') failure ??= answer;
    else ttlSeconds = Math.min(ttlSeconds, answer.ttlSeconds);
  }
  return failure ?? { kind: 'none', ttlSeconds };
}

/** None when forged MX records could name any host (RFC 7672 §2.2.1), or the domain takes no mail. */
function hostsOf(mx: Exclude<Lookup<'MX'>, { kind: 'failed' }>, domain: DnsName): DnsName[] {
  if (!mx.authenticated) return [];
  if (mx.kind === 'records') return mailHostsIn(mx.records);
  // RFC 5321 §5.1: a domain without MX is its own mail host
  return mx.kind === 'none' && mx.why === 'no-data' ? [domain] : [];
}

function mailHostsIn(records: readonly MxRecord[]): DnsName[] {
  const hosts = records
    .toSorted((one, other) => one.preference - other.preference)
    .map(({ exchange }) => toDnsName(exchange))
    // also drops the root, which says "no mail" (RFC 7505); RFC 7686: a name under .onion is never asked of DNS
    .filter((host) => host !== undefined)
    .filter((host) => !isUnderOnion(host));
  return [...new Set(hosts)].slice(0, maxHosts);
}

async function askHost(host: DnsName, resolver: Resolver): Promise<DaneAnswer> {
  const name = toDnsName(`_25._tcp.${host}`);
  if (name === undefined) return { kind: 'none', ttlSeconds: Number.POSITIVE_INFINITY };
  const tlsa = await resolver.lookup(name, 'TLSA');
  if (tlsa.kind === 'failed') {
    const why = `TLSA of ${host}: ${tlsa.detail}`;
    return (await isUnsigned(host, resolver)) ? { kind: 'none', ttlSeconds: 0 } : { kind: 'failed', why };
  }
  const { authenticated, ttlSeconds } = tlsa;
  const isFound = authenticated && tlsa.kind === 'records' && tlsa.records.some(isUsable);
  return isFound ? { kind: 'found', mxName: host, ttlSeconds } : { kind: 'none', ttlSeconds };
}

/**
 * RFC 7672 §2.2.2: there are name servers that fail at TLSA questions, and where the host itself is not signed, they have nothing
 * to say. Nobody can make a signed host look so: the resolver would call it bogus.
 */
async function isUnsigned(host: DnsName, resolver: Resolver): Promise<boolean> {
  const anything = await resolver.lookup(host, 'MX');
  return anything.kind !== 'failed' && !anything.authenticated;
}

const digestBytes = new Map([
  [1, 32],
  [2, 64],
]);

/** RFC 7672 §3.1: the certificate itself, or an authority that the domain names; the usages of the Web's authorities are not. */
export function isUsable({ usage, selector, matchingType, data }: TlsaRecord): boolean {
  if (![2, 3].includes(usage) || ![0, 1].includes(selector)) return false;
  return matchingType === 0 ? data.length > 0 : data.length === digestBytes.get(matchingType);
}
