/** Writes a file of the domain map: atomically, so that a running server reads the old one or the new one. */
import { stat } from 'node:fs/promises';
import process from 'node:process';
import { OnionmxError, messageOf } from '../../errors.ts';
import { writeFileAtomically } from '../../write-file-atomically.ts';

/** Keeps owner and permission bits, and a symbolic link leads to the new content. Throws `map-unwritable`. */
export async function writeMapFile(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(file, text, await attributesOf(file));
  } catch (cause) {
    const reason = messageOf(cause);
    throw new OnionmxError('map-unwritable', `cannot write the map ${file}: ${reason}`, {
      hint: `run this as its owner or as root: ls -l ${file}`,
      cause,
    });
  }
}

/** The map is no secret: its domains and onion addresses are public. */
async function attributesOf(file: string) {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return { mode: 0o644 };
  const { mode, uid, gid } = found;
  return { mode: mode & 0o7777, ...(process.getuid?.() === 0 ? { owner: { uid, gid } } : {}) };
}
