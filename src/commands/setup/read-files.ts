/** Reads several text files. */
import { readFile } from 'node:fs/promises';

/** By path; those that cannot be read are missing. */
export async function readFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) found.set(path, text);
  }
  return found;
}
