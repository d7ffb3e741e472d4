/** What is this host's own among onion addresses: mail for it never leaves through Tor, or it would come back for ever. */
import { OnionmxError } from '../errors.ts';
import { type DomainName, isUnderOnion } from '../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, toExchangerSet } from '../protocol/exchanger.ts';
import { type OnionAddress, parseOnionAddress } from '../protocol/onion-address.ts';

/** Of a list of own domains, those that are onion addresses. Others under .onion can be nobody's. */
export function ownOnionsAmong(domains: readonly DomainName[]): readonly OnionAddress[] {
  return domains.map(onionAddressOf).filter((address) => address !== undefined);
}

/** The onion address that a name is, or is below of; undefined when it is none. */
export function onionAddressOf(domain: DomainName): OnionAddress | undefined {
  if (!isUnderOnion(domain)) return undefined;
  try {
    return parseOnionAddress(domain);
  } catch (error) {
    if (error instanceof OnionmxError) return undefined;
    throw error;
  }
}

/**
 * RFC 5321 §5.1: a host that is among the exchangers of a domain uses only those that are preferred to itself. undefined
 * when there is none of these: this host is where the mail belongs.
 */
export function preferredToUs(
  exchangers: ExchangerSet,
  isOwn: (address: OnionAddress) => boolean,
): ExchangerSet | undefined {
  const ours = exchangers.filter(({ onionAddress }) => isOwn(onionAddress));
  if (ours.length === 0) return exchangers;
  const best = Math.min(...ours.map(({ priority }: Exchanger) => priority));
  return toExchangerSet(exchangers.filter(({ priority }) => priority < best));
}
