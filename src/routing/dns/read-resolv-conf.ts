/** Which resolvers this host uses: the `nameserver` lines of resolv.conf(5). Search lists and options are not for us. */
import { OnionmxError } from '../../errors.ts';
import { parseResolverAddress, type ResolverAddress } from '../../protocol/dns-resolver-address.ts';

/** resolv.conf(5): "If no nameserver entries are present, the default is to use the name server on the local machine." */
const localServer = parseResolverAddress('127.0.0.1');

/** Lines that say nothing usable are skipped, as glibc does; so are IPv6 addresses with a zone. */
export function parseResolvConf(text: string): readonly ResolverAddress[] {
  const servers = text.split('\n').flatMap(readLine);
  return servers.length > 0 ? servers : [localServer];
}

function readLine(line: string): ResolverAddress[] {
  const host = /^nameserver[ \t]+([^ \t\r#;]+)/.exec(line)?.[1];
  return host === undefined ? [] : toServer(host);
}

/** Other forms than an address mean nothing in that file, and are not to begin to mean something. */
function toServer(host: string): ResolverAddress[] {
  if (!/^[0-9a-fA-F.:]+$/.test(host)) return [];
  try {
    return [parseResolverAddress(host.includes(':') ? `[${host}]` : host)];
  } catch (error) {
    if (error instanceof OnionmxError) return [];
    throw error;
  }
}
