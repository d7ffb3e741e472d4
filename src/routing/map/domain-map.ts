/**
 * The domain map: which onion mail exchangers the operator says that domains have.
 *
 * How several files, and several places in a file, become one map:
 * - several onion addresses that list the same domain, in one file, are together its exchangers;
 * - a domain that has its exchangers in two places (two files, both forms, two spellings) must have the same in both:
 *   no place wins over another in silence, the error names the two.
 */
import { OnionmxError } from '../../errors.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, formatExchanger, isSameSet } from '../../protocol/exchanger.ts';
import type { DomainMapFile, MapClaim } from './domain-map-file.ts';

export interface MapEntry {
  readonly exchangers: ExchangerSet;
  /** Where the map says so: `file:line:column` */
  readonly place: string;
}

export interface DomainMap {
  /** Exact names only: a domain does not speak for its subdomains. */
  find(domain: DomainName): MapEntry | undefined;
  /** How many domains it has. */
  readonly size: number;
}

/** All that the files say, and everything that is wrong in any of them, a line each. */
export interface JoinedMaps {
  readonly entries: ReadonlyMap<DomainName, MapEntry>;
  readonly complaints: readonly string[];
}

/** Throws `map-invalid` with all complaints. */
export function mergeMaps(files: readonly DomainMapFile[]): DomainMap {
  const { entries, complaints } = joinMaps(files);
  if (complaints.length > 0) throw invalidMap(complaints);
  return { find: (domain) => entries.get(domain), size: entries.size };
}

/** Never throws. A domain with two answers has the first among the entries, and a complaint. */
export function joinMaps(files: readonly DomainMapFile[]): JoinedMaps {
  const entries = new Map<DomainName, MapEntry>();
  const complaints = files.flatMap((file) => file.complaints);
  for (const claim of files.flatMap((file) => file.claims)) {
    const known = entries.get(claim.domain);
    if (known === undefined) entries.set(claim.domain, claim);
    else if (!isSameSet(known.exchangers, claim.exchangers)) complaints.push(explainConflict(claim, known));
  }
  return { entries, complaints };
}

function explainConflict({ domain, exchangers, place }: MapClaim, known: MapEntry): string {
  return `${place}: ${domain} has ${listExchangers(exchangers)} here, but ${listExchangers(known.exchangers)} at ${known.place}`;
}

/** `AAA.onion:25 (10 0), BBB.onion:25 (20 0)`: with priority and weight. */
export function listExchangers(set: ExchangerSet): string {
  return set
    .map((exchanger) => `${formatExchanger(exchanger)} (${exchanger.priority} ${exchanger.weight})`)
    .join(', ');
}

/** The error that has all complaints, a line each. */
export function invalidMap(complaints: readonly string[]): OnionmxError {
  return new OnionmxError('map-invalid', complaints.join('\n'), {
    hint: 'correct the map, then check it: onionmx map check',
  });
}
