/** Reads and writes the folders in which the keys of our onion services lie, one a service, as tor keeps them (0700, files 0600). */
import { join } from 'node:path';
import { parseHostnameFile } from '../protocol/hostname-file.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { isServiceName } from '../protocol/service-name.ts';
import type { NamedKeys } from './key-backup.ts';
import { listPrivateFolder, makePrivateFolder, readPrivateFile, writePrivateFile } from './private-file.ts';
import { checkServiceKeys, type KeyFiles, keyFileNames } from './service-keys.ts';

/** The folders in it that can be those of services. Throws `onion-keys-folder`. */
export async function listServiceNames(parent: string): Promise<readonly string[]> {
  const names = await listPrivateFolder(parent);
  return names.filter(isServiceName).sort();
}

/** undefined when there are none yet. Throws `onion-keys-folder` and `onion-keys-invalid`. */
export async function readServiceKeys(parent: string, name: string): Promise<NamedKeys | undefined> {
  const folder = join(parent, name);
  const { hostname, hs_ed25519_public_key, hs_ed25519_secret_key } = await readPresentFiles(folder);
  if (hs_ed25519_secret_key === undefined) return undefined;
  // tor writes them one after the other: without the last one it has not finished
  if (hostname === undefined || hs_ed25519_public_key === undefined) return undefined;
  return { name, keys: checkServiceKeys({ hostname, hs_ed25519_public_key, hs_ed25519_secret_key }, folder) };
}

/** What tor says is the address; undefined when there is none yet. Throws `onion-keys-folder`. */
export async function readOnionAddress(folder: string): Promise<OnionAddress | undefined> {
  const file = await readPrivateFile(join(folder, 'hostname'));
  return parseHostnameFile(file?.toString('latin1') ?? '');
}

/** Whether files are there that another service than this one has: to write over them would end that service for good. */
export async function hasOtherKeys(parent: string, { name, keys }: NamedKeys): Promise<boolean> {
  const present = await readPresentFiles(join(parent, name));
  return keyFileNames.some((file) => present[file]?.equals(keys.files[file]) === false);
}

/** Each file is put in place whole; those that are there already stay. Throws `onion-keys-folder`. */
export async function writeServiceKeys(parent: string, { name, keys }: NamedKeys): Promise<void> {
  const folder = join(parent, name);
  await makePrivateFolder(parent);
  await makePrivateFolder(folder);
  const present = await readPresentFiles(folder);
  for (const file of keyFileNames) {
    if (present[file] === undefined) await writePrivateFile(join(folder, file), keys.files[file]);
  }
}

async function readPresentFiles(folder: string): Promise<Partial<KeyFiles>> {
  const files: Partial<Record<(typeof keyFileNames)[number], Buffer>> = {};
  for (const name of keyFileNames) {
    const content = await readPrivateFile(join(folder, name));
    if (content !== undefined) files[name] = content;
  }
  return files;
}
