/** What two domain maps say differently, whatever their form and order. */
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, isSameSet } from '../../protocol/exchanger.ts';
import type { MapEntry } from './domain-map.ts';

/** undefined: that map does not have the domain. */
export interface MapDifference {
  readonly domain: DomainName;
  readonly before: ExchangerSet | undefined;
  readonly after: ExchangerSet | undefined;
}

type Entries = ReadonlyMap<DomainName, MapEntry>;

/** By domain, sorted. */
export function compareMaps(before: Entries, after: Entries): readonly MapDifference[] {
  const domains = [...new Set([...before.keys(), ...after.keys()])].sort();
  return domains.flatMap((domain) => {
    const [one, other] = [before.get(domain)?.exchangers, after.get(domain)?.exchangers];
    const isSame = one !== undefined && other !== undefined && isSameSet(one, other);
    return isSame ? [] : [{ domain, before: one, after: other }];
  });
}
