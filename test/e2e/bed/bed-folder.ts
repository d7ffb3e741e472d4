/** The folder of one bed: short, because Unix-domain socket paths below it may have 107 bytes, and removed at the end. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

/** Where enter-namespace.ts says that beds may be made; a memory file system of the namespace's own. */
export const bedRootVariable = 'ONIONMX_BED_ROOT';

export async function createBedFolder(): Promise<string> {
  const folder = await mkdtemp(join(process.env[bedRootVariable] ?? '/tmp', 'omx-'));
  await chmod(folder, 0o755); // Postfix's own users have to pass
  return folder;
}

/** With ONIONMX_BED_KEEP=1 the folder stays, to be looked at. */
export async function removeBedFolder(folder: string): Promise<void> {
  if (process.env['ONIONMX_BED_KEEP'] === '1') return;
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
