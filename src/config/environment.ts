/** What the defaults depend on: who runs us and what this host has. Passed as an argument, so that tests can make one up. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import process from 'node:process';

export interface Environment {
  readonly isRoot: boolean;
  readonly homeFolder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Whether the file or folder exists and may be written. */
  readonly canWrite: (path: string) => boolean;
}

export function readEnvironment(): Environment {
  return { isRoot: process.getuid?.() === 0, homeFolder: homedir(), variables: process.env, canWrite };
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
