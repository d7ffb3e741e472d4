/** The SocksPorts that all goes through: those of the service's own tor, or of the one that the configuration names. */
import type { Config } from '../config/schema.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { torPathsIn } from '../tor/torrc.ts';
import { torFolderOf } from './state-paths.ts';

/** The way to onion services. */
export function socksOf(config: Config): SocketAddress {
  return config.tor.use === 'running' ? config.tor.socks : pathsOf(config).socks;
}

/** The way through Tor to hosts on the clear net; undefined when the Tor that runs already is to offer none. */
export function exitSocksOf(config: Config): SocketAddress | undefined {
  return config.tor.use === 'running' ? (config.tor.exitSocks ?? undefined) : pathsOf(config).exitSocks;
}

function pathsOf(config: Config) {
  return torPathsIn(torFolderOf(config));
}
