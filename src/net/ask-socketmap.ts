/** Asks a socketmap server of this host, as Postfix does (socketmap_table(5)). One connection is kept for the next question. */
import { OnionmxError } from '../errors.ts';
import { NetstringDecoder } from '../protocol/netstring.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import {
  encodeSocketmapRequest,
  maxSocketmapBytes,
  parseSocketmapReply,
  type SocketmapReply,
} from '../protocol/socketmap.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';

interface SocketmapOptions {
  readonly address: SocketAddress;
  readonly mapName: string;
  /** For one question, with all that it takes. */
  readonly timeoutMs: number;
  /** How long the connection is kept after an answer; 0: not at all. */
  readonly idleMs: number;
}

/** The answer for a key. Throws `connect-failed`, `connection-…` and `lookup-request-malformed`. */
type AskSocketmap = (key: string) => Promise<SocketmapReply>;

interface Kept {
  readonly connection: Connection;
  readonly timer: NodeJS.Timeout;
}

/**
 * Questions that come while the kept connection is busy go over one of their own: the server answers in order, and a slow
 * answer must not hold up others.
 */
export function createSocketmapAsker(options: SocketmapOptions): AskSocketmap {
  const { address, mapName, timeoutMs, idleMs } = options;
  let kept: Kept | undefined;

  function takeKept(): Connection | undefined {
    if (kept === undefined) return undefined;
    const { connection, timer } = kept;
    clearTimeout(timer);
    kept = undefined;
    return connection;
  }

  function keep(connection: Connection): void {
    if (kept !== undefined || idleMs === 0) return connection.destroy();
    const timer = setTimeout(() => takeKept()?.destroy(), idleMs);
    timer.unref();
    kept = { connection, timer };
  }

  async function ask(key: string): Promise<SocketmapReply> {
    const request = encodeSocketmapRequest({ mapName, key });
    const deadline = performance.now() + timeoutMs;
    const leftMs = () => Math.max(0, deadline - performance.now());
    const used = takeKept();
    // the server may have closed it while nobody asked, or been restarted
    const reply = used === undefined ? undefined : await converse(used, request, leftMs).catch(orIfLost);
    return reply ?? converse(await dial(address, leftMs()), request, leftMs);
  }

  async function converse(
    connection: Connection,
    request: Buffer,
    leftMs: () => number,
  ): Promise<SocketmapReply> {
    try {
      await connection.write(request, leftMs());
      const reply = parseSocketmapReply(await readPayload(connection, leftMs));
      keep(connection);
      return reply;
    } catch (error) {
      // also after a timeout: an answer that comes late would be taken for that of the next question
      connection.destroy();
      throw error;
    }
  }

  return ask;
}

async function readPayload(connection: Connection, leftMs: () => number): Promise<Buffer> {
  const decoder = new NetstringDecoder(maxSocketmapBytes);
  for (;;) {
    const bytes = await connection.read(leftMs());
    if (bytes === null)
      throw new OnionmxError('connection-lost', `${connection.peer} closed the connection without an answer`);
    const payloads = [...decoder.decode(bytes)];
    const [payload] = payloads;
    if (payload !== undefined && payloads.length === 1) return payload;
    if (payload !== undefined)
      throw new OnionmxError('lookup-request-malformed', `${connection.peer} answers more than was asked`);
  }
}

function orIfLost(error: unknown): undefined {
  if (error instanceof OnionmxError && error.code === 'connection-lost') return undefined;
  throw error;
}
