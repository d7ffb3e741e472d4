/**
 * Writes a file so that who reads it, and a crash at any moment, meets the old content or the new one, and never a part. (Not by
 * a library: the usual one takes a write that a full disk cut short for a whole one.)
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FileAttributes {
  /** Permission bits, whatever the umask is. */
  readonly mode: number;
  /** Default: who writes it. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The last write of each file that is under way: those of one file go in the order in which they were asked for. */
const underWay = new Map<string, Promise<void>>();

/** Behind a link, what it leads to is written. Rejects with what the file system says; then nothing has changed. */
export async function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  attributes: FileAttributes,
): Promise<void> {
  const before = underWay.get(file) ?? Promise.resolve();
  const writing = before.catch(() => {}).then(() => writeNow(file, content, attributes));
  underWay.set(file, writing);
  try {
    await writing;
  } finally {
    if (underWay.get(file) === writing) underWay.delete(file);
  }
}

async function writeNow(
  file: string,
  content: string | Uint8Array,
  attributes: FileAttributes,
): Promise<void> {
  const target = await realpath(file).catch(() => file);
  // short, since the name of the file may have the longest length there is
  const aside = join(dirname(target), `.new-${randomUUID()}`);
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await fillFile(handle, content, attributes);
    } finally {
      await handle.close();
    }
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

async function fillFile(
  handle: FileHandle,
  content: string | Uint8Array,
  { mode, owner }: FileAttributes,
): Promise<void> {
  await handle.writeFile(content);
  if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
  await handle.chmod(mode); // after chown, which takes set-id bits away
  await handle.sync();
}
