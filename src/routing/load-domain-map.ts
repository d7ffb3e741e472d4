/** Reads the domain map from its files and folders. */
import { readFile } from 'node:fs/promises';
import { OnionmxError } from '../errors.ts';
import { type DomainMap, mergeMaps } from './domain-map.ts';
import { type DomainMapFile, parseDomainMapFile } from './domain-map-file.ts';
import { listMapFiles } from './domain-map-paths.ts';

export interface LoadedDomainMap {
  readonly map: DomainMap;
  /** `file:line:column: what` */
  readonly warnings: readonly string[];
}

/** Throws `map-unreadable`, and `map-invalid` with everything that is wrong in all the files. */
export async function loadDomainMap(paths: readonly string[]): Promise<LoadedDomainMap> {
  const files: DomainMapFile[] = [];
  for (const path of paths) files.push(...(await readPath(path)));
  return { map: mergeMaps(files), warnings: files.flatMap(({ warnings }) => warnings) };
}

async function readPath(path: string): Promise<DomainMapFile[]> {
  try {
    const files = listMapFiles(path);
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    return files.map((file, index) => parseDomainMapFile(texts[index] ?? '', file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OnionmxError('map-unreadable', `cannot read the domain map ${path}: ${reason}`, {
      hint: `look whether it is there and may be read: ls -l ${path}`,
      cause: error,
    });
  }
}
