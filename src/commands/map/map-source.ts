/** Where `onionmx map update` takes a map from: a file, an onion service, or a web server through Tor. Never directly. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/schema.ts';
import { OnionmxError, messageOf } from '../../errors.ts';
import { getOverTor } from '../../net/http-get.ts';
import { isUnderOnion } from '../../protocol/domain-name.ts';
import { parseOnionAddress } from '../../protocol/onion-address.ts';
import type { SocketAddress } from '../../protocol/socket-address.ts';
import { signatureFileOf } from './map-keys.ts';
import { exitSocksOf, socksOf } from '../socks-of.ts';

export interface MapSource {
  readMap(): Promise<Buffer>;
  readSignature(): Promise<Buffer>;
}

const maxMapBytes = 4 * 2 ** 20;
const maxSignatureBytes = 16_384;
const timeoutMs = 120_000;
const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Throws `map-source-invalid` and `address-…`; the reading throws `download-failed`, `map-unreadable` and what Tor says. */
export function openMapSource(from: string, config: Config, ca?: string): MapSource {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) {
    return { readMap: () => readLocal(from), readSignature: () => readLocal(signatureFileOf(from)) };
  }
  const url = parseUrl(from);
  const proxy = isUnderOnion(url.hostname) ? socksOf(config) : needExits(url, config);
  const isolation = { user: 'onionmx', password: `map#${randomUUID()}` };
  const get = (pathname: string, maxBytes: number) =>
    getOverTor(proxy, isolation, {
      host: url.hostname,
      port: url.port === '' ? (usualPorts[url.protocol] ?? 0) : Number(url.port),
      isSecure: url.protocol === 'https:',
      hostHeader: url.host,
      path: `${pathname}${url.search}`,
      maxBytes,
      timeoutMs,
      ca,
    });
  return {
    readMap: () => get(url.pathname, maxMapBytes),
    readSignature: () => get(signatureFileOf(url.pathname), maxSignatureBytes),
  };
}

function needExits({ hostname }: URL, config: Config): SocketAddress {
  const proxy = exitSocksOf(config);
  if (proxy !== undefined) return proxy;
  throw invalid(
    `${hostname} is no onion service, and no SocksPort is known that reaches the clear net`,
    'set tor.exitSocks in the configuration; or get the map and its signature yourself, then: onionmx map update FILE --key KEY',
  );
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hostname.startsWith('['))
    throw invalid(
      `${JSON.stringify(text)} is no address of a file: give one such as https://example.org/map.yml`,
    );
  const isOnion = isUnderOnion(url.hostname);
  if (isOnion) parseOnionAddress(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isOnion)) return url;
  throw invalid(
    `${url.protocol}//${url.hostname} is not safe: only https, or http to an onion address`,
    'a plain connection beyond Tor can be read, and told old maps, by anyone on its way',
  );
}

async function readLocal(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new OnionmxError('map-unreadable', `cannot read ${file}: ${reason}`, {
      hint: `look whether it is there and may be read: ls -l ${file}`,
      cause,
    });
  }
}

function invalid(message: string, hint = 'see what can be given: onionmx map update --help'): OnionmxError {
  return new OnionmxError('map-source-invalid', message, { hint });
}
