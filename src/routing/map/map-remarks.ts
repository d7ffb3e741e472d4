/**
 * What is not wrong in a domain map, but makes it hard to keep: names twice, and names out of order.
 * Left out: what the reading of the map complains or warns of already.
 */
import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { offsetOf, readYaml } from '../../config/yaml-source.ts';
import type { MapClaim } from './domain-map-file.ts';
import type { MapText } from './load-domain-map.ts';
import { canonicalName, compareNames } from './map-names.ts';

/** A name where it stands: `place` is `file:line:column`. */
interface Mention {
  readonly name: string;
  readonly place: string;
}

interface Listing {
  readonly key: Mention;
  /** The domains of an onion address; the exchangers of a domain are none. */
  readonly domains: readonly Mention[];
}

/** `file:line:column: what`. `claims` are those of all the texts. */
export function findRemarks(texts: readonly MapText[], claims: readonly MapClaim[]): string[] {
  const listings = texts.map(readListings);
  return [
    ...listings.flatMap((ofFile) => findUnsorted(ofFile)),
    ...findAddressesTwice(listings.flat()),
    ...listings.flatMap((ofFile) => ofFile.flatMap(({ domains }) => findTwice(domains, 'in this list'))),
    ...findTwice(
      claims.map(({ domain, place }) => ({ name: domain, place })),
      'in the map',
    ),
  ];
}

function readListings({ file, text }: MapText): Listing[] {
  const { root, complaints } = readYaml(text, file);
  const mention = (node: ParsedNode): Mention[] =>
    isScalar(node) ? [{ name: String(node.value), place: complaints.placeOf(offsetOf(node)) }] : [];
  if (!isMap(root)) return [];
  return root.items.flatMap(({ key, value }) =>
    mention(key).map((name) => {
      const hasDomains = isSeq(value) && isAddress(name.name);
      return { key: name, domains: hasDomains ? value.items.flatMap(mention) : [] };
    }),
  );
}

function isAddress(name: string): boolean {
  return canonicalName(name)?.endsWith('.onion') === true;
}

/** One remark a file: what puts one name right mostly puts all of them right. */
function findUnsorted(listings: readonly Listing[]): string[] {
  const lists = [listings.map(({ key }) => key), ...listings.map(({ domains }) => domains)];
  const [first] = lists.flatMap(findStray);
  return first === undefined ? [] : [`${first}; sort it: onionmx map format`];
}

function findStray(names: readonly Mention[]): string[] {
  return names.flatMap(({ name, place }, index) => {
    const before = names[index - 1];
    const isStray = before !== undefined && compareNames(before.name, name) > 0;
    return isStray ? [`${place}: not sorted: ${name} stands behind ${before.name}`] : [];
  });
}

function findAddressesTwice(listings: readonly Listing[]): string[] {
  return findTwice(
    listings.map(({ key }) => key).filter(({ name }) => isAddress(name)),
    'in the map',
  );
}

function findTwice(mentions: readonly Mention[], where: string): string[] {
  const firsts = new Map<string, Mention>();
  return mentions.flatMap(({ name, place }) => {
    const canonical = canonicalName(name);
    if (canonical === undefined) return [];
    const first = firsts.get(canonical);
    if (first === undefined) firsts.set(canonical, { name, place });
    return first === undefined
      ? []
      : [`${place}: ${canonical} stands ${where} twice, first at ${first.place}`];
  });
}
