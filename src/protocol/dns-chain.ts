/** Follows the CNAMEs of one DNS response (RFC 1034 §3.6.2) as far as it leads. */
import { type DnsName, toDnsName, toPrintableText } from './dns-name.ts';
import type { AliasRecord, DnsRecord, RecordType } from './dns-records.ts';
import type { DnsResponse } from './dns-response.ts';
import { isUnderOnion } from './domain-name.ts';

/** The names gone through, the one first asked for at the front, and the smallest TTL of the records used. */
export interface Chain {
  readonly names: readonly [DnsName, ...DnsName[]];
  readonly ttlSeconds: number;
}

export type ChainEnd<Type extends RecordType = RecordType> =
  | { readonly kind: 'records'; readonly chain: Chain; readonly records: readonly DnsRecord<Type>[] }
  /** The response holds nothing about the last name. */
  | { readonly kind: 'silent'; readonly chain: Chain }
  /** A CNAME that must not or cannot be followed. */
  | { readonly kind: 'dead-end'; readonly chain: Chain; readonly target: string; readonly reason: string }
  | { readonly kind: 'too-long'; readonly chain: Chain; readonly reason: string };

const maxAliases = 8;

export function startChain(name: DnsName): Chain {
  return { names: [name], ttlSeconds: Number.POSITIVE_INFINITY };
}

export function lastName({ names }: Chain): DnsName {
  return names.at(-1) ?? names[0];
}

/** Continues `chain` by what the response says about its last name, as far as the response goes. */
export function followChain<Type extends RecordType>(
  response: DnsResponse<Type>,
  chain: Chain,
): ChainEnd<Type> {
  const name = lastName(chain);
  const records = response.records.filter(({ owner }) => owner === name);
  if (records.length > 0) {
    const ttlSeconds = Math.min(chain.ttlSeconds, ...records.map((record) => record.ttlSeconds));
    return { kind: 'records', chain: { ...chain, ttlSeconds }, records };
  }
  const alias = response.aliases.find(({ owner }) => owner === name);
  return alias === undefined ? { kind: 'silent', chain } : followAlias(response, chain, alias);
}

function followAlias<Type extends RecordType>(
  response: DnsResponse<Type>,
  { names, ttlSeconds }: Chain,
  alias: AliasRecord,
): ChainEnd<Type> {
  const chain = { names, ttlSeconds: Math.min(ttlSeconds, alias.ttlSeconds) };
  const target = toDnsName(alias.target);
  if (target === undefined) return deadEnd(chain, alias, 'the CNAME target is no host name');
  // RFC 7686 §2: a stranger's CNAME must not make us ask DNS for a name under .onion.
  if (isUnderOnion(target)) return deadEnd(chain, alias, 'a CNAME to a name under .onion is not followed');
  if (names.includes(target)) return { kind: 'too-long', chain, reason: `the CNAMEs loop at ${target}` };
  if (names.length > maxAliases)
    return { kind: 'too-long', chain, reason: `more than ${maxAliases} CNAMEs, one after the other` };
  return followChain(response, { ...chain, names: [...names, target] });
}

function deadEnd(chain: Chain, { target }: AliasRecord, reason: string): ChainEnd & { kind: 'dead-end' } {
  return { kind: 'dead-end', chain, target: toPrintableText(target, 255), reason };
}
