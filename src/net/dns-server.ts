/** A DNS server with the way to it, and a connection that goes this way and no other. */
import { OnionmxError } from '../errors.ts';
import { formatResolverAddress, type ResolverAddress } from '../protocol/dns-resolver-address.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { dialThroughSocks } from './dial-socks.ts';

export interface DnsServer {
  readonly address: ResolverAddress;
  /** Tor's SocksPort, for an address that is reached over Tor. */
  readonly socks?: SocketAddress;
}

export function formatDnsServer({ address }: DnsServer): string {
  return formatResolverAddress(address);
}

/**
 * A plain connection. `generation` counts the circuits that were given up: another one is another circuit, and none is
 * ever shared with mail (Tor's IsolateSOCKSAuth). Throws what `dial` and `dialThroughSocks` throw.
 */
export async function dialDnsServer(
  server: DnsServer,
  generation: number,
  timeoutMs: number,
): Promise<Connection> {
  const { address, socks } = server;
  const { host, port } = address;
  const name = formatDnsServer(server);
  if (!address.isOverTor) return dial({ kind: 'tcp', host, port }, timeoutMs, name);
  if (socks === undefined) throw new OnionmxError('bug', `${name} was about to be asked without Tor`);
  // at most as long as RFC 1929 has room for
  const password = `dns#${generation}#${host}:${port}`.slice(0, 255);
  const isolation = { user: 'onionmx', password };
  return dialThroughSocks(socks, { host, port }, isolation, timeoutMs);
}
