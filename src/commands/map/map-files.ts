/** The files of the map that a command changes: which they are, what is in them, and writing them as a whole. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { Config } from '../../config/schema.ts';
import { OnionmxError, isAbsent } from '../../errors.ts';
import { invalidMap, joinMaps } from '../../routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../routing/map/domain-map-file.ts';
import { type MapText, readMapTexts } from '../../routing/map/load-domain-map.ts';
import { writeMapFile } from '../../routing/map/write-map-file.ts';
import { toPrintable } from '../printable.ts';

export interface MapEditOptions {
  /** undefined: that of the configuration. */
  readonly file: string | undefined;
  /** Print the change, write nothing. */
  readonly dryRun: boolean;
  readonly config: Config;
}

export interface WriteOptions extends Pick<MapEditOptions, 'dryRun' | 'config'> {
  /** Done once everything is known to be right, also when there is nothing to change; not in a dry run. */
  readonly beforeWrite?: () => Promise<void>;
}

/** Files of the map, and those that are to be changed; a file that is not there yet is empty. */
export interface MapFiles {
  readonly all: readonly MapText[];
  readonly own: readonly MapText[];
}

/** All files of the configuration, and `file` besides. Throws `map-unreadable`, and `map-invalid` for a map that is broken already. */
export async function readMapFiles({ file, config }: MapEditOptions): Promise<MapFiles> {
  const configured: MapText[] = [];
  for (const path of config.map) {
    if (await isThere(path)) configured.push(...(await readMapTexts([path])));
    else if (/\.ya?ml$/.test(path)) configured.push({ file: path, text: '' });
    else configured.push(...(await readMapTexts([path])));
  }
  if (file === undefined) return assertRight({ all: configured, own: configured });
  const known = configured.find((one) => resolve(one.file) === resolve(file));
  if (known !== undefined) return assertRight({ all: configured, own: [known] });
  const other = (await isThere(file)) ? await readMapTexts([file]) : [{ file, text: '' }];
  return assertRight({ all: other, own: other });
}

/** The one file that something is added to. Throws `map-file-unclear`. */
export function chooseFile({ own }: MapFiles): MapText {
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only;
  const why =
    only === undefined
      ? 'the setting `map` names no file'
      : `there are ${own.length} files: ${own.map(({ file }) => file).join(', ')}`;
  throw new OnionmxError('map-file-unclear', `which file of the map is to be changed? ${why}`, {
    hint: `name it: --file ${only?.file ?? '/etc/onionmx/map.yml'}`,
  });
}

/**
 * Writes what is changed, and prints the change as a unified diff. A map that would not load is never written: throws
 * `map-invalid` then, and `map-unwritable`.
 */
export async function writeMapFiles(
  { all }: MapFiles,
  changed: readonly MapText[],
  { dryRun, config, beforeWrite = async () => {} }: WriteOptions,
  out: (text: string) => void,
): Promise<void> {
  const before = new Map(all.map(({ file, text }) => [file, text]));
  const changes = changed.filter(({ file, text }) => before.get(file) !== text);
  if (changes.length === 0) {
    if (!dryRun) await beforeWrite();
    return out('The map has it so already: nothing to change.\n');
  }
  const after = new Map([...before, ...changes.map(({ file, text }) => [file, text] as const)]);
  assertLoads(Array.from(after, ([file, text]) => ({ file, text })));
  for (const { file, text } of changes) out(formatChange(file, before.get(file) ?? '', text));
  if (dryRun) return out('Nothing is written.\n');
  await beforeWrite();
  for (const { file, text } of changes) await writeMapFile(file, text);
  const isUsed = changes.every(({ file }) => isConfigured(file, config));
  return out(isUsed ? 'Written. onionmx serve takes it over by itself.\n' : 'Written.\n');
}

function isConfigured(file: string, { map }: Config): boolean {
  return map.some((path) => resolve(file) === path || resolve(file).startsWith(`${path}/`));
}

function formatChange(file: string, before: string, after: string): string {
  const options = { context: 2, headerOptions: FILE_HEADERS_ONLY };
  return toPrintable(createTwoFilesPatch(file, file, before, after, undefined, undefined, options));
}

function assertRight(files: MapFiles): MapFiles {
  assertLoads(files.all);
  return files;
}

function assertLoads(texts: readonly MapText[]): void {
  const { complaints } = joinMaps(texts.map(({ file, text }) => parseDomainMapFile(text, file)));
  if (complaints.length > 0) throw invalidMap(complaints);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !isAbsent(error),
  );
}
