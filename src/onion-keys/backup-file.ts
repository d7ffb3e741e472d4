/** The file of a backup on disk: written whole or not at all, and never in place of another. */
import { copyFile, constants, link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OnionmxError, messageOf } from '../errors.ts';

/** Mode 0600; on the disk when it resolves. Throws `backup-exists` and `backup-unwritable`. */
export async function writeBackupFile(file: string, content: string, makeLink = link): Promise<void> {
  const part = `${file}.part`;
  try {
    await writeNewFile(part, content);
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) throw exists(part, cause);
    await rm(part, { force: true }).catch(() => {});
    throw unwritable(file, cause);
  }
  try {
    // Unlike a rename, a link does not replace what is there: an old backup may hold the only copy of other keys.
    await makeLink(part, file).catch((error) => putWithoutLinks(part, file, error));
  } catch (cause) {
    throw hasCode(cause, 'EEXIST') ? exists(file, cause) : unwritable(file, cause);
  } finally {
    await rm(part, { force: true }).catch(() => {});
  }
}

/** Throws `backup-unreadable`. */
export async function readBackupFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OnionmxError('backup-unreadable', `cannot read the backup: ${messageOf(cause)}`, {
      hint: `look at its name and permissions: \`ls -l ${file}\``,
      cause,
    });
  }
}

async function writeNewFile(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** File systems of memory sticks know no hard links. */
async function putWithoutLinks(part: string, file: string, error: unknown): Promise<void> {
  if (!hasCode(error, 'EPERM') && !hasCode(error, 'ENOTSUP') && !hasCode(error, 'ENOSYS')) throw error;
  await copyFile(part, file, constants.COPYFILE_EXCL);
}

function exists(file: string, cause: unknown): OnionmxError {
  return new OnionmxError('backup-exists', `${file} is there already, and is left as it is`, {
    hint: `name another file: \`onionmx onion backup ${file}.2\``,
    cause,
  });
}

function unwritable(file: string, cause: unknown): OnionmxError {
  return new OnionmxError('backup-unwritable', `cannot write the backup: ${messageOf(cause)}`, {
    hint: `look at the folder and its disk: \`ls -ld ${dirname(file)}\` and \`df ${dirname(file)}\``,
    cause,
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
