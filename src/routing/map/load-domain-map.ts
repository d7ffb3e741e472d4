/** Reads the domain map from its files and folders. */
import { readFile } from 'node:fs/promises';
import { OnionmxError, messageOf } from '../../errors.ts';
import { type DomainMap, mergeMaps } from './domain-map.ts';
import { parseDomainMapFile } from './domain-map-file.ts';
import { listMapFiles } from './domain-map-paths.ts';

export interface LoadedDomainMap {
  readonly map: DomainMap;
  /** The files as they were read. */
  readonly texts: readonly MapText[];
  /** `file:line:column: what` */
  readonly warnings: readonly string[];
}

/** A file of the map as it is written. */
export interface MapText {
  readonly file: string;
  readonly text: string;
}

/** Throws `map-unreadable`, and `map-invalid` with everything that is wrong in all the files. */
export async function loadDomainMap(paths: readonly string[]): Promise<LoadedDomainMap> {
  const texts = await readMapTexts(paths);
  const files = texts.map(({ file, text }) => parseDomainMapFile(text, file));
  return { map: mergeMaps(files), texts, warnings: files.flatMap(({ warnings }) => warnings) };
}

/** The files that the paths stand for, in the order in which they are read. Throws `map-unreadable`. */
export async function readMapTexts(paths: readonly string[]): Promise<readonly MapText[]> {
  const files: MapText[] = [];
  for (const path of paths) files.push(...(await readPath(path)));
  return files;
}

async function readPath(path: string): Promise<MapText[]> {
  try {
    const files = listMapFiles(path);
    return await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
  } catch (error) {
    const reason = messageOf(error);
    throw new OnionmxError('map-unreadable', `cannot read the domain map ${path}: ${reason}`, {
      hint: `look whether it is there and may be read: ls -l ${path}`,
      cause: error,
    });
  }
}
