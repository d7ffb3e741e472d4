/** Finds a program as a shell would, also in the folders of system programs, which a user's PATH may lack. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export function findProgram(name: string): string | undefined {
  return wholePath()
    .split(':')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** $PATH for those who start programs of the bed. */
export function wholePath(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
