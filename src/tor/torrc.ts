/** The configuration of our own tor, and where its files are (tor(1), "THE CONFIGURATION FILE FORMAT"). */
import { join } from 'node:path';
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';

export interface TorPaths {
  readonly dataFolder: string;
  readonly torrcFile: string;
  readonly cookieFile: string;
  /** For onion services alone: no name that comes here can leave Tor. */
  readonly socks: SocketAddress;
  /** For hosts on the clear net, through Tor's exits. */
  readonly exitSocks: SocketAddress;
  readonly control: SocketAddress;
}

/** Throws `socket-address-invalid` when a socket below the folder would have too long a path, or the folder is not absolute or has a control character. */
export function torPathsIn(folder: string): TorPaths {
  return {
    dataFolder: join(folder, 'data'),
    torrcFile: join(folder, 'torrc'),
    cookieFile: join(folder, 'control_auth_cookie'),
    socks: parseSocketAddress(`unix:${join(folder, 'socks')}`),
    exitSocks: parseSocketAddress(`unix:${join(folder, 'exit')}`),
    control: parseSocketAddress(`unix:${join(folder, 'control')}`),
  };
}

/** No listening ports but the three Unix-domain sockets. The extra lines come last: of two lines for one option the later holds. */
export function formatTorrc(paths: TorPaths, ownerPid: number, extraLines: readonly string[]): string {
  const lines = [
    '# Written by onionmx at each start. Put lines of your own into `tor.extraTorrc` of its configuration.',
    `DataDirectory ${quoteText(paths.dataFolder)}`,
    'Log notice stdout',
    `SocksPort ${quoteSocket(paths.socks)} ExtendedErrors OnionTrafficOnly IsolateSOCKSAuth`,
    `SocksPort ${quoteSocket(paths.exitSocks)} ExtendedErrors NoOnionTraffic IsolateSOCKSAuth`,
    `ControlPort ${quoteSocket(paths.control)}`,
    'CookieAuthentication 1',
    `CookieAuthFile ${quoteText(paths.cookieFile)}`,
    '# After a day without mail tor would sleep, and the next message would wait until it is awake.',
    'DormantTimeoutEnabled 0',
    '# tor ends when we do, even if we die before we take it over by its control port.',
    `__OwningControllerProcess ${ownerPid}`,
    ...extraLines,
  ];
  return `${lines.join('\n')}\n`;
}

export function quoteSocket(address: SocketAddress): string {
  return address.kind === 'unix' ? `unix:${quoteText(address.path)}` : formatSocketAddress(address);
}

/** A line end would begin an option of its own; torPathsIn lets no control character through. */
export function quoteText(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}
