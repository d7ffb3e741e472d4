/** All that setup does to this host, in one place: write a file, remove one, run a program. */
import { lstat, mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../write-file-atomically.ts';
import { runProgram } from '../mail-host/run-program.ts';
import type { Deed } from './plan.ts';

/** A file as it is: its bytes, permission bits and owner. */
export interface FileState {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface HostHands {
  /** undefined: there is no such file. */
  read(path: string): Promise<FileState | undefined>;
  /** Atomically: who reads it meanwhile sees the old file or the new one. */
  write(path: string, state: FileState): Promise<void>;
  remove(path: string): Promise<void>;
  /** This folder and those above it that are not there, the lowest first. */
  missingFolders(path: string): Promise<readonly string[]>;
  makeFolder(path: string): Promise<void>;
  /** Leaves a folder that is not empty. */
  removeFolder(path: string): Promise<void>;
  run(deed: Deed): Promise<void>;
}

export const hostHands: HostHands = {
  read: async (path) => {
    if (!(await isThere(path))) return undefined;
    const [content, { mode, uid, gid }] = [await readFile(path), await stat(path)];
    return { content, mode: mode & 0o7777, uid, gid };
  },
  write: async (path, { content, mode, uid, gid }) => {
    await writeFileAtomically(path, content, { mode, owner: { uid, gid } });
  },
  remove: (path) => rm(path, { force: true }),
  missingFolders: listMissing,
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: 0o755 })),
  removeFolder: (path) => rmdir(path).catch(() => {}),
  run: async ({ command, args }) => void (await runProgram(command, args)),
};

async function listMissing(path: string): Promise<readonly string[]> {
  if (await isThere(path)) return [];
  return [path, ...(await listMissing(dirname(path)))];
}

/** A link that leads nowhere is there, and must not be written over. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
