/** The domains that lookups ask for: in the map, in DNS, or known to have no onion. Each has an address of its own. */
import type { Zone } from '../../test/e2e/bed/dns-zones.ts';
import { makeOnionAddress } from '../../test/made-up-onions.ts';

const count = 50;
const ttlSeconds = 3600;
const zoneName = 'dns.test';

const numbers = Array.from({ length: count }, (_, index) => index);

export const lookupNames = {
  map: numbers.map((number) => `m${number}.map.test`),
  dns: numbers.map((number) => `h${number}.${zoneName}`),
  miss: numbers.map((number) => `n${number}.${zoneName}`),
} as const;

export type LookupKind = keyof typeof lookupNames;

/** Lines of a map file. */
export function lookupMapLines(): string[] {
  return lookupNames.map.map((name, index) => `${makeOnionAddress(1000 + index)}: [${name}]`);
}

export function lookupZone(): Zone {
  const records = numbers.map(
    (number) => `_onion-mx._tcp.h${number} SRV 0 0 25 ${makeOnionAddress(2000 + number)}.`,
  );
  return { name: zoneName, kind: 'unsigned', records: records.join('\n'), ttlSeconds };
}

let newCount = 0;

/** Names that nobody has asked for; they do not exist. */
export function makeNewNames(howMany: number): string[] {
  return Array.from({ length: howMany }, () => `x${(newCount += 1)}.${zoneName}`);
}
