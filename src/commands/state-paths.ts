/** Where each piece of state lies below the state folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { stateFolderError } from '../state-file.ts';

/** What is remembered, a file a domain. */
export function memoryFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'memory');
}

/** MTA-STS policies that were fetched, a file a domain. */
export function tlsPolicyFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'tls-policies');
}

export function endpointFileOf({ stateFolder }: Config): string {
  return join(stateFolder, 'endpoints.json');
}

/** The last map that was in order. */
export function mapCopyFileOf({ stateFolder }: Config): string {
  return join(stateFolder, 'last-map.json');
}

export function torFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'tor');
}

/** The keys of our onion services, a folder each. */
export function onionFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'onion');
}

/** The keys by which our tor gets into closed groups. */
export function accessFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'onion-access');
}

export function trafficFileOf({ stateFolder }: Config): string {
  return join(stateFolder, 'onion-clients.json');
}

/** Only its owner may look in: it says who writes to whom. Throws `state-folder`. */
export async function prepareStateFolder({ stateFolder }: Config): Promise<void> {
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateFolderError(stateFolder, error);
  }
}
