/**
 * What setup changed, so that it can be taken back: written before the first change, kept below the state folder. One file
 * an apply; `applying.json` is one that has not come to its end.
 */
import { isAbsent } from '../errors.ts';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { stateFolderError } from '../state-file.ts';
import { writeFileAtomically } from '../write-file-atomically.ts';

const deedSchema = z.object({
  command: z.string(),
  args: z.array(z.string()).readonly(),
  shown: z.string().optional(),
});

const journalSchema = z.object({
  version: z.literal(1),
  files: z
    .array(
      z.object({
        path: z.string(),
        /** null: there was no such file. */
        before: z.object({ content: z.base64(), mode: z.int(), uid: z.int(), gid: z.int() }).nullable(),
        afterSha256: z.string(),
      }),
    )
    .readonly(),
  /** Folders that were made, the lowest first. */
  folders: z.array(z.string()).readonly(),
  checks: z.array(deedSchema).readonly(),
  reloads: z.array(deedSchema).readonly(),
});

export type Journal = z.output<typeof journalSchema>;
export type JournalFile = Journal['files'][number];

export interface KeptJournal {
  readonly journal: Journal;
  readonly path: string;
  /** An apply was cut off, or runs just now. */
  readonly isUnfinished: boolean;
}

const unfinishedName = 'applying.json';

/** The one that an undo would take back: an unfinished one, else the latest. Throws `state-folder`. */
export async function readLastJournal(folder: string): Promise<KeptJournal | undefined> {
  const names = await listNames(folder);
  const name = names.includes(unfinishedName) ? unfinishedName : names.findLast(isFinished);
  if (name === undefined) return undefined;
  const path = join(folder, name);
  try {
    const journal = journalSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { journal, path, isUnfinished: name === unfinishedName };
  } catch (cause) {
    throw stateFolderError(path, cause);
  }
}

/** Gives its path. Throws `state-folder`. */
export async function beginJournal(folder: string, journal: Journal): Promise<string> {
  const path = join(folder, unfinishedName);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, `${JSON.stringify(journal, null, 1)}\n`, { mode: 0o600 });
    return path;
  } catch (cause) {
    throw stateFolderError(folder, cause);
  }
}

/** The apply is done: from now on it can be undone. */
export async function finishJournal(folder: string): Promise<void> {
  const last = (await listNames(folder)).findLast(isFinished) ?? '0000.json';
  const next = `${String(Number.parseInt(last, 10) + 1).padStart(4, '0')}.json`;
  await rename(join(folder, unfinishedName), join(folder, next));
}

export async function dropJournal(path: string): Promise<void> {
  await rm(path);
}

export function sha256Of(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw stateFolderError(folder, cause);
  }
}

function isFinished(name: string): boolean {
  return /^\d{4}\.json$/.test(name);
}
