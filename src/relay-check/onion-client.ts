/** As whom Postfix sees the clients of an onion service. */
import { type ClientAddress, type ListMatch, matchAddressList, splitAddressList } from './address-list.ts';
import { type IpRange, parseIpRange } from '../mail-host/ip-range.ts';

export type OnionClient =
  /** By the PROXY line that tor writes: an address of tor's range that tells the circuit. */
  | { readonly kind: 'circuit' }
  /** As tor itself: all alike, from the address that tor connects from. */
  | { readonly kind: 'tor'; readonly address: string }
  /** As whomever it likes: it writes the PROXY line itself. */
  | { readonly kind: 'forger' };

/** The prefix of `HiddenServiceExportCircuitID haproxy`; tor puts the circuit's number below it. */
export const circuitPrefix = 'fc00:dead:beef:4dad::';
const circuitRange: IpRange = { ...rangeOf(circuitPrefix), prefixLength: 64 };

/** Whether Postfix finds the client in such a list as mynetworks. */
export function matchClient(list: string, client: OnionClient): ListMatch {
  if (client.kind === 'forger') {
    const entry = splitAddressList(list).find((found) => !found.startsWith('!'));
    return entry === undefined ? { kind: 'out' } : { kind: 'in', entry };
  }
  return matchAddressList(list, addressOf(client));
}

function addressOf(client: Exclude<OnionClient, { kind: 'forger' }>): ClientAddress {
  // Postfix has no name for an address without a PTR record.
  if (client.kind === 'circuit') return { range: circuitRange, name: 'unknown' };
  const isLoopback = client.address.startsWith('127.') || client.address === '::1';
  return { range: rangeOf(client.address), name: isLoopback ? 'localhost' : 'unknown' };
}

function rangeOf(address: string): IpRange {
  // Hosts come from parseSocketAddress, which takes IP addresses alone; should one be none, it matches nothing.
  return parseIpRange(address) ?? { width: 32, address: -1n, prefixLength: 32 };
}
