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

/** What endpointNameOf gives at most: an onion address (62 characters), `-` and the tag. */
export const maxEndpointNameBytes = 62 + 1 + 12;

/**
 * The name of the endpoint that stands for this set: the onion address alone for one exchanger on port 25,
 * else the first address and a short tag of the whole set. Lower case: Postfix folds socket names.
 * Stops an attack: with a shorter tag, a stranger could search for a set of his own that has the name of another's
 * (the same first address, then one of his), and get at its endpoint.
 */
export function endpointNameOf(set: ExchangerSet): string {
  const [first] = set;
  if (set.length === 1 && first.port === 25) return first.onionAddress;
  const digest = createHash('sha256').update(textOfSet(set)).digest('hex');
  return `${first.onionAddress}-${BigInt(`0x${digest}`).toString(36).slice(-12)}`;
}

/** Whether mail for one set may go to the other: the same exchangers with the same preferences. */
export function isSameSet(one: ExchangerSet, other: ExchangerSet): boolean {
  return textOfSet(one) === textOfSet(other);
}

/** The same addresses and ports, whatever their preferences. */
export function hasSameAddresses(one: ExchangerSet, other: ExchangerSet): boolean {
  return one.length === other.length && isPartOf(one, other);
}

/** Whether `all` has the address and port of each of them. */
export function isPartOf(some: ExchangerSet, all: ExchangerSet): boolean {
  return commonExchangers(some, all)?.length === some.length;
}

/** Those of `one` whose address and port the other set has too; undefined when there are none. */
export function commonExchangers(one: ExchangerSet, other: ExchangerSet): ExchangerSet | undefined {
  const named = new Set(other.map(formatExchanger));
  return toExchangerSet(one.filter((exchanger) => named.has(formatExchanger(exchanger))));
}

/** Of a single exchanger, priority and weight mean nothing. */
function textOfSet(set: ExchangerSet): string {
  return set.length === 1 ? formatExchanger(set[0]) : set.map(textOf).join('\n');
}

function compareExchangers(one: Exchanger, other: Exchanger): number {
  return (
    one.priority - other.priority || other.weight - one.weight || compareTexts(textOf(one), textOf(other))
  );
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function textOf({ onionAddress, port, priority, weight }: Exchanger): string {
  return `${priority} ${weight} ${port} ${onionAddress}`;
}
