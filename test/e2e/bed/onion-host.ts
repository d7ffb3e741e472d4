/** A tor process that offers one onion service of the private network. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorNetwork } from './tor-network.ts';
import { type TorProcess, startTor } from './tor-process.ts';
import { waitFor } from './wait-for.ts';

export interface OnionHostOptions {
  readonly name: string;
  /** `target` as in HiddenServicePort: `127.0.0.1:2525` or `unix:/path`. */
  readonly ports: readonly { readonly onionPort: number; readonly target: string }[];
  /** torrc lines that follow HiddenServicePort, such as `HiddenServiceExportCircuitID haproxy`. */
  readonly extraLines?: readonly string[];
}

export interface OnionHost extends TorProcess {
  readonly onionAddress: string;
}

/** Returns as soon as the address is known, long before anybody can reach it: see waitUntilReachable. */
export async function startOnionHost(network: TorNetwork, options: OnionHostOptions): Promise<OnionHost> {
  const dataName = `onion-${options.name}`;
  const serviceFolder = join(network.folder, dataName, 'service');
  await mkdir(serviceFolder, { recursive: true, mode: 0o700 });
  const tor = await startTor(network.folder, dataName, [
    ...network.torrcLines,
    'SocksPort 0',
    `HiddenServiceDir ${serviceFolder}`,
    ...options.ports.map(({ onionPort, target }) => `HiddenServicePort ${onionPort} ${target}`),
    ...(options.extraLines ?? []),
  ]);
  try {
    return { ...tor, onionAddress: await waitForAddress(tor, join(serviceFolder, 'hostname')) };
  } catch (error) {
    await tor.kill();
    throw error;
  }
}

function waitForAddress(tor: TorProcess, path: string): Promise<string> {
  const readAddress = async () => {
    tor.assertRunning();
    const text = await readFile(path, 'utf8').catch(() => '');
    return text.endsWith('\n') && text.trim();
  };
  return waitFor(`the onion address of ${tor.name}`, readAddress, 10_000, { explain: tor.logTail });
}
