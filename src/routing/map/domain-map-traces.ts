/**
 * What tells, without reading it, that a domain map has changed: traces of its files, and the folders in which a change
 * can come about. Synchronous: so that the traces belong to the very moment in which they are taken.
 */
import { existsSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { listMapFiles } from './domain-map-paths.ts';

const maxLinks = 40;

/** Another text whenever a file was written, added, removed, renamed over or is reached through another link. */
export function takeTraces(paths: readonly string[]): string {
  return paths.flatMap(traceFiles).join('\n');
}

/**
 * The folders to watch: those in which a file or a symbolic link on the way to it can be replaced. Of a way that does
 * not exist, the last folder that does. The key says which folder it is now: another may come to have its name.
 */
export function findDecisiveFolders(paths: readonly string[]): ReadonlyMap<string, string> {
  const everyPath = paths.flatMap((path) => [path, ...orElse([], () => listMapFiles(path))]);
  const folders = new Set(everyPath.flatMap((path) => walk(resolve(path), maxLinks)));
  return new Map(Array.from(folders, (folder) => [`${identify(folder)} ${folder}`, folder]));
}

function traceFiles(path: string): string[] {
  try {
    return listMapFiles(path).map((file) => `${file} ${trace(file)}`);
  } catch (error) {
    return [`${path} ${String(error)}`];
  }
}

function trace(file: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The inode alone does not do: the number of a removed folder may be given to the next one. */
function identify(folder: string): string {
  return orElse('gone', () => {
    const { dev, ino, birthtimeNs } = statSync(folder, { bigint: true });
    return [dev, ino, birthtimeNs].join(' ');
  });
}

function walk(path: string, linksLeft: number): string[] {
  const steps = path.split(sep).filter((step) => step !== '');
  let at: string = sep;
  for (const [index, step] of steps.entries()) {
    const next = join(at, step);
    const target = linksLeft > 0 ? orElse(undefined, () => readlinkSync(next)) : undefined;
    if (target !== undefined)
      return [at, ...walk(resolve(at, target, ...steps.slice(index + 1)), linksLeft - 1)];
    if (!existsSync(next)) return [at];
    at = next;
  }
  return isFolder(at) ? [dirname(at), at] : [dirname(at)];
}

function isFolder(path: string): boolean {
  return orElse(false, () => statSync(path).isDirectory());
}

/** Files may vanish between any two looks at them: that is an answer here, and no failure. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
