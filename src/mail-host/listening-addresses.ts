/** Where master(8) listens for a service of type `inet`: `25`, `smtp`, `127.0.0.1:2515`, `[::1]:2525`, `localhost:smtp`. */
import type { SocketAddress } from '../protocol/socket-address.ts';
import { splitPostfixWords } from './postfix-words.ts';

/** The names of /etc/services that mail servers use. */
const ports: ReadonlyMap<string, number> = new Map([
  ['smtp', 25],
  ['submission', 587],
  ['submissions', 465],
  ['smtps', 465],
  ['ssmtp', 465],
]);

/** Empty when the port has a name that we do not know. */
export function listeningAddresses(
  serviceName: string,
  parameters: ReadonlyMap<string, string>,
): readonly SocketAddress[] {
  const [, bracketed, plain, portName = ''] = /^(?:\[(.*)\]:|(.*):)?([^:]*)$/.exec(serviceName) ?? [];
  const port = readPortName(portName);
  if (port === undefined) return [];
  const host = bracketed ?? plain ?? '';
  const families = readFamilies(parameters);
  const interfaces = parameters.get('inet_interfaces') ?? 'all';
  const hosts = host === '' ? splitPostfixWords(interfaces, 'blanks and commas') : [host];
  return hosts
    .flatMap((name) => hostAddresses(name, families))
    .map((found) => ({ kind: 'tcp', host: found, port }));
}

/** A number or a name; undefined when we do not know it. */
export function readPortName(text: string): number | undefined {
  const port = ports.get(text) ?? (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
  return port === undefined || port > 65535 ? undefined : port;
}

/** Whether master opens IPv4 and IPv6 sockets. */
interface Families {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

function readFamilies(parameters: ReadonlyMap<string, string>): Families {
  const protocols = splitPostfixWords(parameters.get('inet_protocols') ?? 'all', 'blanks and commas');
  return {
    ipv4: protocols.includes('all') || protocols.includes('ipv4'),
    ipv6: protocols.includes('all') || protocols.includes('ipv6'),
  };
}

/** Other names stay as they are: we ask no resolver. */
function hostAddresses(host: string, { ipv4, ipv6 }: Families): readonly string[] {
  if (host === 'all') return [...(ipv4 ? ['0.0.0.0'] : []), ...(ipv6 ? ['::'] : [])];
  if (host === 'loopback-only' || host.toLowerCase() === 'localhost')
    return [...(ipv4 ? ['127.0.0.1'] : []), ...(ipv6 ? ['::1'] : [])];
  return [host.replace(/^\[(.*)\]$/, '$1')];
}
