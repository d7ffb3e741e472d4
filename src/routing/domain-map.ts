/**
 * The domain map: which onion mail exchangers the operator says that domains have.
 *
 * How several files, and several places in a file, become one map:
 * - several onion addresses that list the same domain, in one file, are together its exchangers;
 * - a domain that has its exchangers in two places (two files, both forms, two spellings) must have the same in both:
 *   no place wins over another in silence, the error names the two.
 */
import { OnionmxError } from '../errors.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { type ExchangerSet, formatExchanger, isSameSet } from '../protocol/exchanger.ts';
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

/** Throws `map-invalid` with everything that is wrong in any of the files, a line each. */
export function mergeMaps(files: readonly DomainMapFile[]): DomainMap {
  const entries = new Map<DomainName, MapEntry>();
  const complaints = files.flatMap((file) => file.complaints);
  for (const claim of files.flatMap((file) => file.claims)) {
    const known = entries.get(claim.domain);
    if (known === undefined) entries.set(claim.domain, claim);
    else if (!isSameSet(known.exchangers, claim.exchangers)) complaints.push(explainConflict(claim, known));
  }
  if (complaints.length > 0) throw invalid(complaints);
  return { find: (domain) => entries.get(domain), size: entries.size };
}

function explainConflict({ domain, exchangers, place }: MapClaim, known: MapEntry): string {
  return `${place}: ${domain} has ${listExchangers(exchangers)} here, but ${listExchangers(known.exchangers)} at ${known.place}`;
}

function listExchangers(set: ExchangerSet): string {
  return set
    .map((exchanger) => `${formatExchanger(exchanger)} (${exchanger.priority} ${exchanger.weight})`)
    .join(', ');
}

function invalid(complaints: readonly string[]): OnionmxError {
  return new OnionmxError('map-invalid', complaints.join('\n'), {
    hint: 'correct the map, then check it: onionmx config --check',
  });
}
