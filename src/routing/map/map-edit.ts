/** Changes to one file of the domain map, from text to text. What is not changed stays as it is, with its comments. */
import type { DomainName } from '../../protocol/domain-name.ts';
import { type Exchanger, formatExchanger } from '../../protocol/exchanger.ts';
import { parseDomainMapFile } from './domain-map-file.ts';
import { type MapDocument, openMapDocument } from './map-document.ts';

export interface MapAddition {
  readonly domain: DomainName;
  readonly exchangers: readonly Exchanger[];
}

/** All texts that come in must be right maps; those that go out are. Exchangers that a domain has already stay as they are. */
export function addToMap(text: string, additions: readonly MapAddition[]): string {
  const known = new Map(parseDomainMapFile(text, '').claims.map((claim) => [claim.domain, claim.exchangers]));
  const document = openMapDocument(text);
  let isChanged = false;
  for (const { domain, exchangers } of additions) {
    const its = known.get(domain) ?? [];
    const names = new Set(its.map(formatExchanger));
    const missing = exchangers.filter((exchanger) => !names.has(formatExchanger(exchanger)));
    if (missing.length === 0) continue;
    isChanged = true;
    addTo(document, domain, its, missing);
  }
  if (!isChanged) return text;
  document.keepSorted();
  return document.toText();
}

/** In the form that the file has for the domain, or the community's where that can say it. */
function addTo(
  document: MapDocument,
  domain: DomainName,
  known: readonly Exchanger[],
  missing: readonly Exchanger[],
): void {
  const detailed = document.items.find(({ name }) => name === domain);
  if (detailed !== undefined) {
    for (const exchanger of missing) document.append(detailed, toPlain(exchanger));
  } else if (missing.every(isPlain)) {
    for (const { onionAddress } of missing) {
      const listing = document.items.find(({ name }) => name === onionAddress) ?? document.add(onionAddress);
      document.append(listing, domain);
    }
  } else {
    // both forms would contradict each other
    takeOut(document, domain);
    const entry = document.add(domain);
    for (const exchanger of [...known, ...missing]) document.append(entry, toPlain(exchanger));
  }
}

/** The same text when the domain is not in it. */
export function removeFromMap(text: string, domain: DomainName): string {
  const document = openMapDocument(text);
  const isThere = parseDomainMapFile(text, '').claims.some((claim) => claim.domain === domain);
  if (!isThere) return text;
  takeOut(document, domain);
  return document.toText();
}

/** Sorted, a line for each domain, no domain twice in a list. */
export function tidyMap(text: string): string {
  const document = openMapDocument(text);
  if (document.items.length === 0) return text;
  document.unfold();
  document.sort();
  return document.toText();
}

/** An empty list is no right map: the onion address goes with its last domain. */
function takeOut(document: MapDocument, domain: DomainName): void {
  for (const item of document.items) {
    if (item.name === domain) document.drop(item);
    else if (item.name?.endsWith('.onion') === true) {
      const before = item.list.items.length;
      document.remove(item, domain);
      if (before > 0 && item.list.items.length === 0) document.drop(item);
    }
  }
}

function isPlain({ port, priority, weight }: Exchanger): boolean {
  return port === 25 && priority === 0 && weight === 0;
}

function toPlain(exchanger: Exchanger): unknown {
  const { onionAddress, port, priority, weight } = exchanger;
  if (priority !== 0 || weight !== 0) return { onion: onionAddress, port, priority, weight };
  return port === 25 ? onionAddress : formatExchanger(exchanger);
}
