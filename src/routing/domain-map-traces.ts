/**
 * What tells, without reading it, that a domain map has changed: traces of its files, and the folders in which a change
 * can come about. Synchronous: so that the traces belong to the very moment in which they are taken.
 */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { listMapFiles } from './domain-map-paths.ts';

const maxLinks = 40;

/** Differs whenever a file was written, added, removed, renamed over or reached through another link. */
export function takeTraces(paths: readonly string[]): string {
  return paths.flatMap(traceFiles).join('\n');
}

/** The folders to watch; each as it is now, with its inode, since another may come to have its name. */
export function listDecisiveFolders(paths: readonly string[]): ReadonlyMap<string, string> {
  const everyPath = paths.flatMap((path) => [path, ...filesOf(path)]);
  const folders = new Set(everyPath.flatMap((path) => walk(resolve(path))));
  return new Map([...folders].map((folder) => [`${inodeOf(folder)} ${folder}`, folder]));
}
