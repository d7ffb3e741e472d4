/**
 * Small state on disk, such as the endpoint table: JSON, written atomically, so that a crash at any moment leaves
 * the old or the new content. A file that cannot be understood is named in the log, and no reason not to start.
 */
import { readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OnionmxError, isAbsent, messageOf } from './errors.ts';
import type { Log } from './log.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** `keep-aside`: a file that cannot be understood is renamed, for its owner, who writes a new one. `leave`: for all others. */
type OnBroken = 'keep-aside' | 'leave';

/** undefined when there is no file yet, or none that `parse` understands. Throws `state-folder` when it may not be read. */
export async function readStateFile<T>(
  file: string,
  parse: (json: unknown) => T,
  log: Log,
  onBroken: OnBroken = 'keep-aside',
): Promise<T | undefined> {
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    const kept = onBroken === 'keep-aside' ? { keptAs: await keepAside(file) } : {};
    log.warn(
      { file, ...kept, reason: messageOf(error) },
      'a state file cannot be understood: going on without it',
    );
    return undefined;
  }
}

/** Readable by its owner only: it says who writes to whom. Throws `state-folder`. */
export async function writeStateFile(file: string, value: unknown): Promise<void> {
  try {
    await writeFileAtomically(file, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
  } catch (error) {
    throw stateFolderError(dirname(file), error);
  }
}

/** What the file system says about our folder, with what to look at. */
export function stateFolderError(folder: string, cause: unknown): OnionmxError {
  return new OnionmxError('state-folder', `cannot use the state folder ${folder}: ${messageOf(cause)}`, {
    hint: `run this as the user of the service; see \`ls -ld ${folder}\` and \`df ${folder}\``,
    cause,
  });
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw stateFolderError(dirname(file), error);
  }
}

async function keepAside(file: string): Promise<string> {
  const keptAs = `${file}.broken`;
  try {
    await rename(file, keptAs);
  } catch (error) {
    throw stateFolderError(dirname(file), error);
  }
  return keptAs;
}
