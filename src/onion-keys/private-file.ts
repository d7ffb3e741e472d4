/** Files and folders that belong to the user of the service alone, also when root writes them: tor takes no others. */
import { chmod, chown, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { OnionmxError, isAbsent, messageOf } from '../errors.ts';
import { writeFileAtomically } from '../write-file-atomically.ts';

/** 0700, and its owner that of the folder it lies in. Throws `onion-keys-folder`. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await orThrow(async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await giveToOwnerOfParent(folder);
  });
}

/** 0600, written atomically, and its owner that of the folder. Throws `onion-keys-folder`. */
export async function writePrivateFile(file: string, content: string | Buffer): Promise<void> {
  await orThrow(async () => {
    const { uid, gid } = await stat(dirname(file));
    const owner = process.getuid?.() === 0 ? { owner: { uid, gid } } : {};
    await writeFileAtomically(file, content, { mode: 0o600, ...owner });
  });
}

/** undefined when there is none. Throws `onion-keys-folder`. */
export function readPrivateFile(file: string): Promise<Buffer | undefined> {
  return orThrow(() => readFile(file).catch(undefinedWhenAbsent));
}

/** The names in it; none when it is not there. Throws `onion-keys-folder`. */
export async function listPrivateFolder(folder: string): Promise<readonly string[]> {
  return (await orThrow(() => readdir(folder).catch(undefinedWhenAbsent))) ?? [];
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (isAbsent(error)) return undefined;
  throw error;
}

async function giveToOwnerOfParent(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(folder));
  await chown(folder, uid, gid);
}

async function orThrow<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new OnionmxError('onion-keys-folder', `cannot use the folder of the keys: ${messageOf(cause)}`, {
      hint: 'run this as the user of `onionmx serve`, or as root',
      cause,
    });
  }
}
