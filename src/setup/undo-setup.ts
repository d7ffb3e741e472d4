/** Takes the last apply back: every file is again as it was, to the byte. */
import { messageOf, OnionmxError } from '../errors.ts';
import type { HostHands } from './host-hands.ts';
import { dropJournal, type JournalFile, readLastJournal, sha256Of } from './journal.ts';
import { restoreFiles } from './restore.ts';
import { runDeed } from './run-deed.ts';

/**
 * The files that were given back; undefined when there is nothing to undo. Throws `setup-changed-since` when somebody
 * edited one of them after setup did: then nothing is touched. Throws `setup-not-restored` when a step fails.
 */
export async function undoSetup(
  journalFolder: string,
  hands: HostHands,
): Promise<readonly string[] | undefined> {
  const last = await readLastJournal(journalFolder);
  if (last === undefined) return undefined;
  const { journal, path } = last;
  for (const file of journal.files) await refuseEdited(file, hands);
  try {
    await restoreFiles(journal, hands);
    for (const deed of [...journal.checks, ...journal.reloads]) await runDeed(deed, hands);
  } catch (cause) {
    throw new OnionmxError('setup-not-restored', `cannot take back the last setup: ${messageOf(cause)}`, {
      hint: `cure that, and run this again; the files as they were are in ${path}`,
      cause,
    });
  }
  await dropJournal(path);
  return journal.files.map((file) => file.path);
}

async function refuseEdited({ path, before, afterSha256 }: JournalFile, hands: HostHands): Promise<void> {
  const now = await hands.read(path);
  const isOurs = now !== undefined && sha256Of(now.content) === afterSha256;
  const isOriginal = now?.content.toString('base64') === before?.content;
  if (isOurs || isOriginal) return;
  throw new OnionmxError(
    'setup-changed-since',
    `${path} was edited after setup wrote it, so it is left alone`,
    {
      hint: 'take out by hand what the comments that name onionmx stand above; `onionmx setup` shows what it would add',
    },
  );
}
