/**
 * Where a DNS resolver answers and how it is asked, as it is written in the configuration:
 * `IP[:PORT]` (UDP, and TCP for what does not fit), `tcp://`, `tls://` (RFC 7858), `https://` (RFC 8484), and the last
 * three through Tor with `tor+` in front. `#NAME` is the name that the certificate must have (RFC 8310 §8.1).
 */
import { OnionmxError } from '../errors.ts';
import { foldCase } from './dns-name.ts';
import { isUnderOnion, parseDomainName } from './domain-name.ts';
import { parseOnionAddress } from './onion-address.ts';
import { formatSocketAddress, isLocalAddress, parseSocketAddress } from './socket-address.ts';

interface Place {
  /** An IP address; over Tor also a name or an onion address, which Tor looks up. */
  readonly host: string;
  readonly port: number;
  readonly isOverTor: boolean;
}

export type ResolverAddress =
  | (Place & { readonly transport: 'udp'; readonly isOverTor: false })
  | (Place & { readonly transport: 'tcp' })
  | (Place & { readonly transport: 'tls'; readonly name: string })
  | (Place & { readonly transport: 'https'; readonly name: string; readonly path: string });

/** What RFC 1035, RFC 7858 and RFC 8484 give them. */
const defaultPorts = { tcp: 53, tls: 853, https: 443 } as const;
type Scheme = keyof typeof defaultPorts;

/** Throws `config-invalid`; the text says what to write instead. */
export function parseResolverAddress(text: string): ResolverAddress {
  const [, tor, scheme, rest = ''] = /^(tor\+)?([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === undefined) return parsePlain(text);
  const isOverTor = tor !== undefined;
  if (scheme === 'udp' && isOverTor)
    throw refuse(text, 'cannot be asked: Tor carries no UDP; write tor+tcp://, tor+tls:// or tor+https://');
  if (scheme === 'udp') throw refuse(text, `is no resolver: write ${rest} alone, for UDP`);
  if (!isScheme(scheme)) throw refuse(text, forms);
  return parseUrl(text, scheme, isOverTor, rest);
}

export function formatResolverAddress(address: ResolverAddress): string {
  const { transport, host, port, isOverTor } = address;
  const at = formatSocketAddress({ kind: 'tcp', host, port });
  if (transport === 'udp') return at;
  const path = transport === 'https' ? address.path : '';
  const name = transport === 'tcp' || address.name === host ? '' : `#${address.name}`;
  return `${isOverTor ? 'tor+' : ''}${transport}://${at}${path}${name}`;
}

/** Asked without leaving this host. What goes through Tor leaves it, also for an address that reads like ours. */
export function isResolverOnThisHost({ host, port, isOverTor }: ResolverAddress): boolean {
  return !isOverTor && isLocalAddress({ kind: 'tcp', host, port });
}

const forms =
  'is no resolver: write IP, IP:PORT, tcp://IP, tls://IP#NAME or https://IP/dns-query#NAME, ' +
  'or through Tor: tor+tcp://HOST, tor+tls://HOST or tor+https://HOST/dns-query';

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(defaultPorts, text);
}

function parsePlain(text: string): ResolverAddress {
  const bare = /^(?:[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:]*)$/.test(text);
  const place = readPlace(bare && text.includes(':') ? `[${text}]` : text, 53);
  if (place === undefined || !isIp(place)) throw refuse(text, forms);
  return { transport: 'udp', ...checkPort(text, place), isOverTor: false };
}

function parseUrl(text: string, transport: Scheme, isOverTor: boolean, rest: string): ResolverAddress {
  const [, at = '', path, name] = /^([^/#]*)(\/[^#]*)?(?:#(.*))?$/.exec(rest) ?? [];
  const read = readPlace(at, defaultPorts[transport]);
  if (read === undefined)
    throw refuse(text, 'has no host that can be read: write HOST or HOST:PORT, IPv6 in brackets');
  const host = isIp(read) ? read.host : checkHostName(text, transport, isOverTor, read.host);
  const place = { ...checkPort(text, { host, port: read.port }), isOverTor };
  if (transport !== 'https' && path !== undefined)
    throw refuse(text, `has a path, which only https has: leave ${path} out`);
  if (transport === 'tcp') {
    if (name === undefined) return { transport, ...place };
    throw refuse(text, `names a certificate, and TCP has none: leave #${name} out`);
  }
  const certified = { ...place, name: readName(text, name, isIp(read) ? undefined : host) };
  return transport === 'tls'
    ? { transport, ...certified }
    : { transport, ...certified, path: checkPath(text, path) };
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

function readPlace(text: string, defaultPort: number): HostAndPort | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : { host, port: port === undefined ? defaultPort : Number(port) };
}

function checkPort(text: string, place: HostAndPort): HostAndPort {
  if (place.port >= 1 && place.port <= 65_535) return place;
  throw refuse(text, `has the port ${place.port}: write one from 1 to 65535`);
}

function isIp({ host }: HostAndPort): boolean {
  try {
    parseSocketAddress(formatSocketAddress({ kind: 'tcp', host, port: 1 }));
    return true;
  } catch {
    return false;
  }
}

/** No resolver is asked for a resolver; Tor looks names up by itself. */
function checkHostName(text: string, transport: Scheme, isOverTor: boolean, host: string): string {
  const name = checkName(text, host);
  if (isOverTor) return name;
  const throughTor = `tor+${transport}://${name}`;
  if (isUnderOnion(name)) throw refuse(text, `is an onion address: write ${throughTor}…`);
  const direct = transport === 'tcp' ? 'tcp://IP' : `${transport}://IP…#${name}`;
  throw refuse(
    text,
    `has a name, and nobody is there to look it up: write ${direct}, or through Tor ${throughTor}…`,
  );
}

/** An onion address has to be a right one: a mistyped one would fail at each question, and never say why. */
function checkName(text: string, name: string): string {
  try {
    return isUnderOnion(foldCase(name)) ? parseOnionAddress(name) : parseDomainName(name);
  } catch (error) {
    if (error instanceof OnionmxError) throw refuse(text, `has no right name: ${error.message}`);
    throw error;
  }
}

function readName(text: string, name: string | undefined, host: string | undefined): string {
  if (name !== undefined) return checkName(text, name);
  if (host !== undefined) return host;
  throw refuse(text, 'does not say which name its certificate must have: write #NAME behind it');
}

function checkPath(text: string, path: string | undefined): string {
  if (path === undefined || path === '/')
    throw refuse(text, 'has no path: write /dns-query behind the host, or what that resolver has');
  if (/^\/[\x21-\x7e]+$/.test(path) && !/[{}]/.test(path)) return path;
  throw refuse(text, 'has a path that cannot be sent: write it without {…}, blanks and letters beyond ASCII');
}

function refuse(text: string, why: string): OnionmxError {
  return new OnionmxError('config-invalid', `${JSON.stringify(text)} ${why}`);
}
