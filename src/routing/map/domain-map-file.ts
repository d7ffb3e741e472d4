/**
 * One file of the domain map: YAML in two forms, which may stand in one file.
 * The community's, onion address → domains (its exchangers have port 25, priority 0, weight 0):
 *     <56 characters>.onion: [example.org, example.net]
 * With all details, domain → exchangers:
 *     example.org: [{ onion: <56 characters>.onion, port: 25, priority: 10, weight: 0 }, <56 characters>.onion:26]
 * Dead version 2 addresses of an old community map are skipped with a warning; everything else wrong is a complaint.
 */
import { isMap, isSeq, type Pair, type ParsedNode } from 'yaml';
import { checkNode } from '../../config/check-node.ts';
import type { FileComplaints } from '../../config/file-complaints.ts';
import { parsedText } from '../../config/parsed-text.ts';
import { toPlainValue } from '../../config/plain-value.ts';
import { describeValue, offsetOf, readYaml } from '../../config/yaml-source.ts';
import { OnionmxError } from '../../errors.ts';
import { type DomainName, isUnderOnion, parseDomainName } from '../../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, toExchangerSet } from '../../protocol/exchanger.ts';
import { isVersion2Address, parseOnionAddress } from '../../protocol/onion-address.ts';
import { readExchanger } from './domain-map-exchanger.ts';

/** What one place says about a domain; `place` is `file:line:column`. */
export interface MapClaim {
  readonly domain: DomainName;
  readonly exchangers: ExchangerSet;
  readonly place: string;
}

export interface DomainMapFile {
  readonly claims: readonly MapClaim[];
  /** `file:line:column: what`, as the warnings too. A file with complaints must not be used. */
  readonly complaints: readonly string[];
  readonly warnings: readonly string[];
}

type MapPair = Pair<ParsedNode, ParsedNode | null>;
type RawClaim = Omit<MapClaim, 'exchangers'> & { readonly exchangers: readonly Exchanger[] };

const ordinaryDomain = parsedText(parseOrdinaryDomain, (name) => name);
const onionKey = parsedText(parseOnionAddress, (address) => address);

/** Never throws; `fileName` is for the places. */
export function parseDomainMapFile(text: string, fileName: string): DomainMapFile {
  const { root, complaints } = readYaml(text, fileName);
  const warnings: string[] = [];
  const listed: RawClaim[] = [];
  const detailed: RawClaim[] = [];
  for (const pair of readPairs(root, complaints)) {
    const key = String(toPlainValue(pair.key));
    if (!/\.onion\.?$/i.test(key)) detailed.push(...readDetails(pair, complaints));
    else if (isVersion2Address(key))
      warnings.push(`${complaints.placeOf(offsetOf(pair.key))}: ${explainVersion2(key)}`);
    else listed.push(...readListing(pair, complaints));
  }
  const claims = [...joinListings(listed), ...detailed].flatMap(toClaims);
  return { claims, complaints: complaints.toLines(), warnings };
}

function explainVersion2(key: string): string {
  return `skipped ${key}: version 2 onion addresses ended in October 2021`;
}

function readPairs(root: ParsedNode | null, complaints: FileComplaints): readonly MapPair[] {
  if (isMap(root)) return root.items;
  if (root !== null)
    complaints.add(
      offsetOf(root),
      `a domain map must be a mapping, not ${describeValue(toPlainValue(root))}`,
    );
  return [];
}

/** The community's form: each domain of the list has this onion address among its exchangers. */
function readListing(pair: MapPair, complaints: FileComplaints): RawClaim[] {
  const onionAddress = checkNode(onionKey, pair.key, complaints);
  return readItems(pair, 'domains', complaints).flatMap((item) => {
    const domain = checkNode(ordinaryDomain, item, complaints);
    if (onionAddress === undefined || domain === undefined) return [];
    const exchangers = [{ onionAddress, port: 25, priority: 0, weight: 0 }];
    return [{ domain, exchangers, place: complaints.placeOf(offsetOf(item)) }];
  });
}

/** The form with all details: this domain has the exchangers of the list. */
function readDetails(pair: MapPair, complaints: FileComplaints): RawClaim[] {
  const domain = checkNode(ordinaryDomain, pair.key, complaints);
  const items = readItems(pair, 'exchangers', complaints);
  const exchangers = items
    .map((item) => readExchanger(item, complaints))
    .filter((found) => found !== undefined);
  return domain === undefined ? [] : [{ domain, exchangers, place: complaints.placeOf(offsetOf(pair.key)) }];
}

function readItems({ key, value }: MapPair, what: string, complaints: FileComplaints): readonly ParsedNode[] {
  const items = isSeq(value) ? value.items : undefined;
  if (items !== undefined && items.length > 0) return items;
  const found = items === undefined ? describeValue(toPlainValue(value)) : 'an empty list';
  complaints.add(offsetOf(value ?? key), `must be a list of ${what}, not ${found}`);
  return [];
}

/** All that one file lists for a domain is one claim, at the first of its places. */
function joinListings(listed: readonly RawClaim[]): RawClaim[] {
  const joined = new Map<DomainName, RawClaim>();
  for (const claim of listed) {
    const known = joined.get(claim.domain);
    const exchangers = [...(known?.exchangers ?? []), ...claim.exchangers];
    joined.set(claim.domain, { ...(known ?? claim), exchangers });
  }
  return [...joined.values()];
}

/** No claim when all its exchangers were complained of. */
function toClaims({ domain, exchangers, place }: RawClaim): MapClaim[] {
  const set = toExchangerSet(exchangers);
  return set === undefined ? [] : [{ domain, exchangers: set, place }];
}

/** A name under .onion is its own exchanger and cannot have another (RFC 7686). */
function parseOrdinaryDomain(text: string): DomainName {
  const domain = parseDomainName(text);
  if (!isUnderOnion(domain)) return domain;
  throw new OnionmxError(
    'domain-invalid',
    `${JSON.stringify(text)} is under .onion: only ordinary domains may stand here`,
  );
}
