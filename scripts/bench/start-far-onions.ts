/** The far host's Tor: many onion services, all of them with the same relays behind their ports. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { type OnionHost, startOnionHost } from '../../test/e2e/bed/onion-host.ts';
import type { TorNetwork } from '../../test/e2e/bed/tor-network.ts';
import { waitFor } from '../../test/e2e/bed/wait-for.ts';
import { onionPorts } from './ports.ts';

export interface FarOnions {
  readonly host: OnionHost;
  readonly mainOnion: string;
  readonly domainOnions: readonly string[];
}

const name = 'far';
const ports = Object.values(onionPorts).map(({ onion, relay }) => ({
  onionPort: onion,
  target: `127.0.0.1:${relay}`,
}));

export async function startFarOnions(network: TorNetwork, domainCount: number): Promise<FarOnions> {
  const folders = Array.from({ length: domainCount }, (_, index) =>
    join(network.folder, `onion-${name}`, `service-${index}`),
  );
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
  const extraLines = folders.flatMap((folder) => [
    `HiddenServiceDir ${folder}`,
    ...ports.map(({ onionPort, target }) => `HiddenServicePort ${onionPort} ${target}`),
  ]);
  const host = await startOnionHost(network, { name, ports, extraLines });
  const domainOnions = await Promise.all(folders.map(readAddress));
  return { host, mainOnion: host.onionAddress, domainOnions };
}

function readAddress(folder: string): Promise<string> {
  const read = async () => (await readFile(join(folder, 'hostname'), 'utf8').catch(() => '')).trim();
  return waitFor(`the onion address in ${folder}`, async () => (await read()) || undefined, 10_000);
}

/** In the order of `allDomains` (postfix-plans.ts). */
export function onionsOf({ mainOnion, domainOnions }: FarOnions): string[] {
  return [mainOnion, ...domainOnions];
}
