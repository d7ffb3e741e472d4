/** Everything that can be said of a domain map without asking anybody. */
import { type JoinedMaps, joinMaps } from './domain-map.ts';
import { parseDomainMapFile } from './domain-map-file.ts';
import type { MapText } from './load-domain-map.ts';
import { findRemarks } from './map-remarks.ts';

/** Complaints: the map is refused because of them. Warnings: it is used all the same. `file:line:column: what`. */
export interface MapReview extends JoinedMaps {
  readonly warnings: readonly string[];
}

/** Never throws. */
export function reviewMap(texts: readonly MapText[]): MapReview {
  const files = texts.map(({ file, text }) => parseDomainMapFile(text, file));
  const dead = files.flatMap(({ warnings }) => warnings);
  const claims = files.flatMap((file) => file.claims);
  return { ...joinMaps(files), warnings: [...dead, ...findRemarks(texts, claims)] };
}
