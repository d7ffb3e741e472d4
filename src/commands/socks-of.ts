/** The SocksPort that all goes through: that of the service's own tor, or of the one that the configuration names. */
import type { Config } from '../config/schema.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { torPathsIn } from '../tor/torrc.ts';
import { torFolderOf } from './state-paths.ts';

export function socksOf(config: Config): SocketAddress {
  return config.tor.use === 'running' ? config.tor.socks : torPathsIn(torFolderOf(config)).socks;
}
