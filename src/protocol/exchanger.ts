/** Onion mail exchangers and sets of them: the values that routing finds and delivery serves. */
import { createHash } from 'node:crypto';
import type { OnionAddress } from './onion-address.ts';

/** One onion mail exchanger of a domain. Priority and weight as in RFC 2782. */
export interface Exchanger {
  readonly onionAddress: OnionAddress;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** All exchangers of a domain, at least one, most preferred first, no address and port twice. */
export type ExchangerSet = readonly [Exchanger, ...Exchanger[]];

/** Sorts, and keeps of each address and port the preferred entry; undefined when there is none. */
export function toExchangerSet(exchangers: readonly Exchanger[]): ExchangerSet | undefined {
  const distinct = new Map<string, Exchanger>();
  for (const exchanger of exchangers.toSorted(compareExchangers)) {
    const key = formatExchanger(exchanger);
    if (!distinct.has(key)) distinct.set(key, exchanger);
  }
  const [first, ...rest] = distinct.values();
  return first === undefined ? undefined : [first, ...rest];
}

/** `AAA.onion:25` */
export function formatExchanger({ onionAddress, port }: Exchanger): string {
  return `${onionAddress}:${port}`;
}

/**
 * The name of the endpoint that stands for this set: the onion address alone for one exchanger on port 25,
 * else the first address and a short tag of the whole set. Lower case: Postfix folds socket names.
 */
export function endpointNameOf(set: ExchangerSet): string {
  const [first] = set;
  if (set.length === 1 && first.port === 25) return first.onionAddress;
  const whole = set.map(textOf).join('\n');
  return `${first.onionAddress}-${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`;
}

/** Whether two sets are the same exchangers with the same preferences. */
export function isSameSet(one: ExchangerSet, other: ExchangerSet): boolean {
  return endpointNameOf(one) === endpointNameOf(other);
}

function compareExchangers(one: Exchanger, other: Exchanger): number {
  return one.priority - other.priority || other.weight - one.weight || (textOf(one) < textOf(other) ? -1 : 1);
}

function textOf({ onionAddress, port, priority, weight }: Exchanger): string {
  return `${priority} ${weight} ${port} ${onionAddress}`;
}
