/**
 * One writer at a time in the folder of the memory: the service, and the commands of the operator. The lock is a file; who
 * is killed leaves it behind, so one that is older than any work under it is taken away.
 */
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OnionmxError } from '../../errors.ts';
import { codeOf } from './memory-files.ts';

/** Work under the lock takes some milliseconds. */
const staleMs = 5000;
const retryMs = 10;
/** Twice as long as until a lock is stale. */
const maxTries = (2 * staleMs) / retryMs;

/** Throws what the file system says, or `state-folder` when others hold the lock all the time. */
export async function withMemoryLock<T>(folder: string, deed: () => Promise<T>): Promise<T> {
  const file = join(folder, '.lock');
  const own = await acquire(file);
  try {
    return await deed();
  } finally {
    if ((await identify(file))?.id === own) await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<string> {
  for (let tries = 0; tries < maxTries; tries++) {
    const own = await create(file);
    if (own !== undefined) return own;
    if (!(await removeIfStale(file))) await delay(retryMs);
  }
  throw new OnionmxError('state-folder', `cannot use the state folder: others hold ${file}`, {
    hint: `is there another onionmx? See \`fuser -v ${file}\`; without one: \`rm ${file}\``,
  });
}

/** undefined when somebody else has it. The file is empty: it can be made on a full disk. */
async function create(file: string): Promise<string | undefined> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  return (await identify(file))?.id;
}

/** Moved away first, and looked at again: between two looks another may have made a new one in its place. */
async function removeIfStale(file: string): Promise<boolean> {
  const found = await identify(file);
  if (found === undefined) return true;
  // also one of the future: the clock may have been set back
  if (Math.abs(Date.now() - found.madeMs) < staleMs) return false;
  const aside = `${file}-${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await identify(aside))?.id !== found.id) await link(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error))) throw error;
  }
  await rm(aside, { force: true });
  return true;
}

interface Identity {
  readonly id: string;
  readonly madeMs: number;
}

/** An inode's number is used again after its file is gone; with the time it is one of its kind. */
async function identify(file: string): Promise<Identity | undefined> {
  try {
    const { ino, mtimeNs, mtimeMs } = await stat(file, { bigint: true });
    return { id: `${ino} ${mtimeNs}`, madeMs: Number(mtimeMs) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
