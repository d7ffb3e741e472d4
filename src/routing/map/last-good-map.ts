/**
 * The last map that was in order, kept in the state folder: the files of the map are the operator's, and one that was broken by an
 * editor, or cut off by a full disk, must not keep the service from starting. While it is off, the MTA takes no mail at all.
 */
import { z } from 'zod';
import type { Log } from '../../log.ts';
import { readStateFile, writeStateFile } from '../../state-file.ts';
import { type DomainMap, mergeMaps } from './domain-map.ts';
import { parseDomainMapFile } from './domain-map-file.ts';
import type { MapText } from './load-domain-map.ts';

const copySchema = z.object({
  paths: z.array(z.string()),
  texts: z.array(z.object({ file: z.string(), text: z.string() })),
});

/** undefined when there is none of these very paths. Throws `state-folder`. */
export async function readLastGoodMap(
  copyFile: string,
  paths: readonly string[],
  log: Log,
): Promise<DomainMap | undefined> {
  const parse = (json: unknown) => {
    const { paths: named, texts } = copySchema.parse(json);
    if (named.join('\n') !== paths.join('\n')) return undefined; // what another configuration has named
    return mergeMaps(texts.map(({ file, text }) => parseDomainMapFile(text, file)));
  };
  return readStateFile(copyFile, parse, log);
}

/** Throws `state-folder`. */
export async function keepGoodMap(
  copyFile: string,
  paths: readonly string[],
  texts: readonly MapText[],
): Promise<void> {
  await writeStateFile(copyFile, { paths, texts });
}
