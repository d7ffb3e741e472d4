/** The names in a domain map in one spelling each, and the order in which a tidy map has them. */
import { OnionmxError } from '../../errors.ts';
import { parseDomainName } from '../../protocol/domain-name.ts';
import { parseOnionAddress } from '../../protocol/onion-address.ts';

/** undefined when it is neither a domain name nor an onion address: the reading of the map complains of it. */
export function canonicalName(text: string): string | undefined {
  try {
    return /\.onion\.?$/i.test(text) ? parseOnionAddress(text) : parseDomainName(text);
  } catch (error) {
    if (error instanceof OnionmxError) return undefined;
    throw error;
  }
}

/** By the spelling that counts, byte by byte: the same on every host, whatever its language. */
export function compareNames(one: string, other: string): number {
  const [first, second] = [
    canonicalName(one) ?? one.toLowerCase(),
    canonicalName(other) ?? other.toLowerCase(),
  ];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
