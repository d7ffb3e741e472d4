/** A tor process that is a client of the private network, for those who do not bring their own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TorNetwork } from './tor-network.ts';
import { type TorProcess, startTor } from './tor-process.ts';
import { waitFor } from './wait-for.ts';

export interface ClientTorOptions {
  readonly name?: string;
  readonly extraLines?: readonly string[];
}

export interface ClientTor extends TorProcess {
  /** Unix-domain SocksPort with ExtendedErrors. */
  readonly socksPath: string;
  /** Unix-domain control socket that asks for no password. */
  readonly controlPath: string;
}

/** Returns when its sockets are there; it has not bootstrapped then. */
export async function startClientTor(
  network: TorNetwork,
  options: ClientTorOptions = {},
): Promise<ClientTor> {
  const name = options.name ?? 'client';
  const socksPath = join(network.folder, name, 'socks');
  const controlPath = join(network.folder, name, 'control');
  const tor = await startTor(network.folder, name, [
    ...network.torrcLines,
    `SocksPort unix:${socksPath} ExtendedErrors`,
    `ControlSocket ${controlPath}`,
    'CookieAuthentication 0',
    ...(options.extraLines ?? []),
  ]);
  const areThere = () => {
    tor.assertRunning();
    return existsSync(socksPath) && existsSync(controlPath);
  };
  await waitFor(`the sockets of ${tor.name}`, areThere, 10_000, { explain: tor.logTail });
  return { ...tor, socksPath, controlPath };
}
