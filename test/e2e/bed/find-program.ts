/** Finds a program as a shell would, also in the folders of system programs, which a user's PATH may lack. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
