/** Postfix's socketmap protocol, socketmap_table(5): netstrings that hold `<map name> <key>` and `<status> <text>`. */
import { OnionmxError } from '../errors.ts';
import { encodeNetstring } from './netstring.ts';

/** The limit of Postfix's client for a reply; requests are held to the same. */
export const maxSocketmapBytes = 100_000;

interface SocketmapRequest {
  readonly mapName: string;
  readonly key: string;
}

const statuses = ['OK', 'NOTFOUND', 'TEMP', 'TIMEOUT', 'PERM'] as const;
type SocketmapStatus = (typeof statuses)[number];

export interface SocketmapReply {
  readonly status: SocketmapStatus;
  readonly text: string;
}

/** Splits at the first space: a key may hold more of them. Throws `lookup-request-malformed`. */
export function parseSocketmapRequest(payload: Buffer): SocketmapRequest {
  const text = payload.toString('utf8');
  const space = text.indexOf(' ');
  if (space < 0) {
    const start = JSON.stringify(text.slice(0, 60));
    throw new OnionmxError(
      'lookup-request-malformed',
      `a socketmap request is "<map name> <key>", this is ${start}`,
    );
  }
  return { mapName: text.slice(0, space), key: text.slice(space + 1) };
}

/** A whole reply, framed. What Postfix would not take for its length becomes a TEMP: cut short it would mislead. */
export function encodeSocketmapReply(status: SocketmapStatus, text: string): Buffer {
  const payload = `${status} ${text}`;
  if (Buffer.byteLength(payload) <= maxSocketmapBytes) return encodeNetstring(payload);
  return encodeNetstring(`TEMP the answer is longer than ${maxSocketmapBytes} bytes`);
}

/** A whole request, framed. */
export function encodeSocketmapRequest({ mapName, key }: SocketmapRequest): Buffer {
  return encodeNetstring(`${mapName} ${key}`);
}

/** Throws `lookup-request-malformed`. */
export function parseSocketmapReply(payload: Buffer): SocketmapReply {
  const [, word, text = ''] = /^(\S+)(?: ([^]*))?$/.exec(payload.toString('utf8')) ?? [];
  const status = statuses.find((known) => known === word);
  if (status !== undefined) return { status, text };
  const start = JSON.stringify(payload.toString('utf8', 0, 60));
  throw new OnionmxError(
    'lookup-request-malformed',
    `a socketmap reply is "<status> <text>", this is ${start}`,
  );
}
