/** Gives back what a journal says that there was. */
import type { HostHands } from './host-hands.ts';
import type { Journal, JournalFile } from './journal.ts';

/** In reverse order; files that are as they were are not touched. Throws what the first failure says. */
export async function restoreFiles({ files, folders }: Journal, hands: HostHands): Promise<void> {
  for (const file of files.toReversed()) await restoreFile(file, hands);
  for (const folder of folders) await hands.removeFolder(folder);
}

async function restoreFile({ path, before }: JournalFile, hands: HostHands): Promise<void> {
  const now = await hands.read(path);
  if (before === null) {
    if (now !== undefined) await hands.remove(path);
    return;
  }
  const wanted = { ...before, content: Buffer.from(before.content, 'base64') };
  const isSame =
    now?.content.equals(wanted.content) === true &&
    now.mode === wanted.mode &&
    now.uid === wanted.uid &&
    now.gid === wanted.gid;
  if (!isSame) await hands.write(path, wanted);
}
