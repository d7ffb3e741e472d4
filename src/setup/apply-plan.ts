/** Makes the changes of a plan, all or none: whatever fails, at whatever step, everything is given back. */
import { dirname } from 'node:path';
import process from 'node:process';
import { messageOf, OnionmxError } from '../errors.ts';
import type { FileState, HostHands } from './host-hands.ts';
import {
  beginJournal,
  dropJournal,
  finishJournal,
  type Journal,
  readLastJournal,
  sha256Of,
} from './journal.ts';
import type { FileChange, Plan } from './plan.ts';
import { restoreFiles } from './restore.ts';
import { runDeed } from './run-deed.ts';

export interface ApplyOptions {
  readonly journalFolder: string;
  readonly hands: HostHands;
  /** Run after the reloads: does the host do what was wanted? Throws when not. */
  readonly verify: () => Promise<void>;
}

/**
 * Throws `setup-unfinished` when an earlier apply was cut off, `setup-failed` when a step failed and all is as it was, and
 * `setup-not-restored` when it could not be given back.
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<void> {
  const { journalFolder, hands } = options;
  await refuseUnfinished(journalFolder);
  const originals = await Promise.all(plan.changes.map((change) => readOriginal(change, hands)));
  const journal = describeChanges(plan, originals, await missingFolders(plan, hands));
  const path = await beginJournal(journalFolder, journal);
  const progress = { isReloading: false };
  try {
    await takeSteps(plan, originals, options, progress);
  } catch (cause) {
    await takeBack(journal, path, hands, progress.isReloading, cause);
    throw setupFailed(cause);
  }
  await finishJournal(journalFolder);
}

async function takeSteps(
  { changes, checks, reloads }: Plan,
  originals: readonly (FileState | undefined)[],
  { hands, verify }: ApplyOptions,
  progress: { isReloading: boolean },
): Promise<void> {
  for (const [index, { path, after }] of changes.entries()) {
    await hands.makeFolder(dirname(path));
    await hands.write(path, { ...(originals[index] ?? newFile()), content: Buffer.from(after) });
  }
  for (const check of checks) await runDeed(check, hands);
  progress.isReloading = true;
  for (const reload of reloads) await runDeed(reload, hands);
  await verify();
}

/** Everybody may read it, as the other files of a mail server; only its owner may write. */
function newFile(): Omit<FileState, 'content'> {
  return { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** Also where nothing seems to be left to change: what was cut off was never tried. Throws `setup-unfinished`. */
export async function refuseUnfinished(journalFolder: string): Promise<void> {
  const last = await readLastJournal(journalFolder);
  if (last?.isUnfinished !== true) return;
  throw new OnionmxError(
    'setup-unfinished',
    `an earlier setup was cut off, or another one runs just now: ${last.path}`,
    { hint: 'if none runs, give back what the earlier one changed: onionmx setup --undo' },
  );
}

/** The plan was shown to the operator: what changed since then must not be written over. */
async function readOriginal({ path, before }: FileChange, hands: HostHands): Promise<FileState | undefined> {
  const original = await hands.read(path);
  if (original?.content.toString('utf8') === before) return original;
  throw new OnionmxError(
    'setup-failed',
    `${path} was changed while setup looked at it; nothing was written`,
    {
      hint: 'see who else edits it, and run this again',
    },
  );
}

async function missingFolders({ changes }: Plan, hands: HostHands): Promise<readonly string[]> {
  const missing = await Promise.all(changes.map(({ path }) => hands.missingFolders(dirname(path))));
  return [...new Set(missing.flat())].toSorted((one, other) => other.length - one.length);
}

function describeChanges(
  { changes, checks, reloads }: Plan,
  originals: readonly (FileState | undefined)[],
  folders: readonly string[],
): Journal {
  const files = changes.map(({ path, after }, index) => {
    const original = originals[index];
    const before =
      original === undefined ? null : { ...original, content: original.content.toString('base64') };
    return { path, before, afterSha256: sha256Of(after) };
  });
  return { version: 1, files, folders, checks, reloads };
}

async function takeBack(
  journal: Journal,
  path: string,
  hands: HostHands,
  wasReloading: boolean,
  why: unknown,
): Promise<void> {
  try {
    await restoreFiles(journal, hands);
    for (const reload of wasReloading ? journal.reloads : []) await runDeed(reload, hands);
    await dropJournal(path);
  } catch (cause) {
    throw new OnionmxError(
      'setup-not-restored',
      `setup failed (${messageOf(why)}), and giving back what was there failed too: ${messageOf(cause)}`,
      { hint: `cure that, then \`onionmx setup --undo\`; the files as they were are in ${path}`, cause },
    );
  }
}

function setupFailed(cause: unknown): OnionmxError {
  return new OnionmxError('setup-failed', `${messageOf(cause)}; all files are as they were`, {
    hint: 'cure that, and run this again',
    cause,
  });
}
