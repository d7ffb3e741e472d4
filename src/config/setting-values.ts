/** The values that settings can have: how each is written, what is refused, and what it becomes. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { OnionmxError } from '../errors.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { formatPlainAddress, parsePlainAddress, type PlainAddress } from '../protocol/mail-address.ts';
import { formatResolverAddress, parseResolverAddress } from '../protocol/dns-resolver-address.ts';
import { maxEndpointNameBytes } from '../protocol/exchanger.ts';
import {
  formatSocketAddress,
  isLocalAddress,
  maxUnixPathBytes,
  parseSocketAddress,
  type SocketAddress,
} from '../protocol/socket-address.ts';
import { isServiceName } from '../protocol/service-name.ts';
import { parseClientPublicKey } from '../protocol/onion-client-key.ts';
import { parsedText, textThat } from './parsed-text.ts';

/** Five days, as long as Postfix keeps mail; far below the 2^31 ms where Node's timers fire at once. */
const maxMs = 432_000_000;

export const domain = parsedText<DomainName>(parseDomainName, (name) => name);
export const localAddress = parsedText(parseLocalAddress, formatSocketAddress);
export const resolver = parsedText(parseResolverAddress, formatResolverAddress);
export const socketMode = parsedText(parseSocketMode, (mode) => `0${mode.toString(8).padStart(3, '0')}`);
export const absolutePath = textThat(isAbsolute, 'be an absolute path');
export const endpointFolder = socketFolder(1 + maxEndpointNameBytes, 'the name of an endpoint');
export const stateFolder = socketFolder('/tor/control'.length, '/tor/control');
export const transportName = textThat(
  (text) => /^[A-Za-z0-9_-]+$/.test(text),
  'be the name of a master.cf service',
);
export const groupName = textThat(
  (text) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text),
  'be the name of a group',
);
/** Postfix ends a nexthop at blanks and commas. */
export const nexthopPrefix = textThat(
  (text) => /^[^\s,]+$/.test(text),
  'be a path without blanks and commas',
);
export const heloName = textThat(isHeloName, 'be a domain name or an address in brackets');
export const programName = textThat((text) => text.trim() !== '', 'be the name or path of a program');
export const plainAddress = parsedText<PlainAddress>(parsePlainAddress, formatPlainAddress);
/** RFC 5322 §2.2, without what has a meaning in a pattern. */
export const headerName = textThat(
  (text) => /^[A-Za-z][A-Za-z0-9-]{0,60}$/.test(text),
  'be the name of a header: letters, digits and -',
);
export const singleLine = textThat((text) => !/[\r\n]/.test(text), 'be a single line');

export const serviceName = textThat(
  isServiceName,
  'have a-z, 0-9 and - within, 32 characters at most: it names a folder',
);
export const clientKey = parsedText(parseClientPublicKey, (key) => key);

export function milliseconds(min: number, max = maxMs) {
  return z.int().min(min).max(max);
}

export function count(min: number, max: number) {
  return z.int().min(min).max(max);
}

/** A folder whose sockets have paths that fit into a socket address. */
function socketFolder(longestBytes: number, longest: string) {
  const maxBytes = maxUnixPathBytes - longestBytes;
  return absolutePath.refine((path) => Buffer.byteLength(path) <= maxBytes, {
    error: ({ input }) => {
      const path = String(input);
      const bytes = Buffer.byteLength(path);
      return `${path} has ${bytes} bytes (${maxBytes} at most: with ${longest} a socket path must not exceed ${maxUnixPathBytes})`;
    },
  });
}

/** Stops an open relay and a leak: what we serve and what we say to Tor is neither authenticated nor encrypted. */
function parseLocalAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text);
  if (!isLocalAddress(address)) throw refuse(text, 'is not on this host: use 127.0.0.1, [::1] or unix:/path');
  if (address.kind === 'tcp' && address.port === 0) throw refuse(text, 'has the port 0');
  return address;
}

function parseSocketMode(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw refuse(text, 'is no mode: write three octal digits, such as "0660"');
}

function isHeloName(text: string): boolean {
  if (/^\[[A-Za-z0-9.:]+\]$/.test(text)) return true;
  try {
    return parseDomainName(text) === text.toLowerCase();
  } catch {
    return false;
  }
}

function refuse(text: string, why: string): OnionmxError {
  return new OnionmxError('config-invalid', `${JSON.stringify(text)} ${why}`);
}
