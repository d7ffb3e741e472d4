/** Where a socket listens or is dialled: `unix:/absolute/path`, `HOST:PORT` or `[IPv6]:PORT`. */
import { OnionmxError } from '../errors.ts';

export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** sockaddr_un holds 108 bytes with the closing NUL; a longer path would be cut in silence. */
export const maxUnixPathBytes = 107;
const tcpPattern = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/;

/** Throws `socket-address-invalid`. Host names are refused: an address must not depend on a resolver. */
export function parseSocketAddress(text: string): SocketAddress {
  return text.startsWith('unix:') ? parseUnix(text, text.slice('unix:'.length)) : parseTcp(text);
}

export function formatSocketAddress(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** True for Unix-domain sockets, 127.0.0.0/8 and ::1. */
export function isLocalAddress(address: SocketAddress): boolean {
  return address.kind === 'unix' || address.host.startsWith('127.') || address.host === '::1';
}

function parseUnix(text: string, path: string): SocketAddress {
  if (!path.startsWith('/')) throw invalid(text, 'the path must be absolute');
  // A NUL would end the path early for the kernel: the socket would be another one than the log says.
  if (hasControlCharacter(path)) throw invalid(text, 'the path has a control character');
  const bytes = Buffer.byteLength(path);
  if (bytes > maxUnixPathBytes)
    throw invalid(text, `the path has ${bytes} bytes (${maxUnixPathBytes} at most)`, shorterHint);
  return { kind: 'unix', path };
}

function hasControlCharacter(path: string): boolean {
  return /\p{Cc}/u.test(path);
}

function parseTcp(text: string): SocketAddress {
  const match = tcpPattern.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined) throw invalid(text, 'write unix:/absolute/path or IP-ADDRESS:PORT');
  if (!isIpAddress(host)) throw invalid(text, `${host} is no IP address`);
  if (port > 65535) throw invalid(text, `the port ${port} is above 65535`);
  return { kind: 'tcp', host, port };
}

function isIpAddress(host: string): boolean {
  if (host.includes(':')) return URL.canParse(`http://[${host}]`);
  const octets = host.split('.');
  return (
    octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
  );
}

const formHint = 'write unix:/absolute/path, IP:PORT or [IPv6]:PORT; names are not looked up';
const shorterHint = 'choose a shorter path, or a `stateFolder` with one: `onionmx config` shows them';

function invalid(text: string, why: string, hint = formHint): OnionmxError {
  return new OnionmxError('socket-address-invalid', `${JSON.stringify(text)} is no socket address: ${why}`, {
    hint,
  });
}
