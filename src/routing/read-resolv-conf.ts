/** Which resolvers this host uses: the `nameserver` lines of resolv.conf(5). Search lists and options are not for us. */
import { OnionmxError } from '../errors.ts';
import type { DnsServer } from '../net/dns-exchange.ts';
import { parseSocketAddress } from '../protocol/socket-address.ts';

/** resolv.conf(5): "If no nameserver entries are present, the default is to use the name server on the local machine." */
const localServer: DnsServer = { host: '127.0.0.1', port: 53 };

/** Lines that say nothing usable are skipped, as glibc does; so are IPv6 addresses with a zone. */
export function parseResolvConf(text: string): readonly DnsServer[] {
  const servers = text.split('\n').flatMap(readLine);
  return servers.length > 0 ? servers : [localServer];
}

function readLine(line: string): DnsServer[] {
  const host = /^nameserver[ \t]+([^ \t\r#;]+)/.exec(line)?.[1];
  return host === undefined ? [] : toServer(host);
}

function toServer(host: string): DnsServer[] {
  try {
    const address = parseSocketAddress(host.includes(':') ? `[${host}]:53` : `${host}:53`);
    return address.kind === 'tcp' ? [{ host: address.host, port: address.port }] : [];
  } catch (error) {
    if (error instanceof OnionmxError) return [];
    throw error;
  }
}
