/**
 * Small state on disk (endpoint table, route memory): JSON, written atomically, so that a crash at any moment leaves
 * the old or the new content. A file that cannot be understood is kept aside, named in the log, and the start goes on.
 */
import { readFile, rename } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import type { Log } from './log.ts';

/** undefined when there is no file yet, or none that `parse` understands. Throws when the file may not be read. */
export async function readStateFile<T>(
  file: string,
  parse: (json: unknown) => T,
  log: Log,
): Promise<T | undefined> {
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    const keptAs = `${file}.broken`;
    await rename(file, keptAs);
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ file, keptAs, reason }, 'a state file cannot be understood: starting without it');
    return undefined;
  }
}

/** Readable by its owner only: it says who writes to whom. */
export async function writeStateFile(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
