/** Takes one file over HTTP, through Tor's SocksPort and no other way. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { formatGet, HttpBodyDecoder } from '../protocol/http-response.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { IsolationKey } from '../protocol/socks5.ts';
import type { Connection } from './connection.ts';
import { dialThroughSocks } from './dial-socks.ts';
import { secureConnection } from './secure-connection.ts';

export interface HttpRequest {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The host as the server is told it, with its port where that is not the usual one. */
  readonly hostHeader: string;
  readonly path: string;
  readonly maxBytes: number;
  /** For everything. */
  readonly timeoutMs: number;
  /** See secure-connection.ts. */
  readonly ca?: string | undefined;
}

/** Throws `download-failed`, and what dialThroughSocks throws. */
export async function getOverTor(
  proxy: SocketAddress,
  isolation: IsolationKey,
  request: HttpRequest,
): Promise<Buffer> {
  const { host, port, isSecure, hostHeader, path, maxBytes, timeoutMs, ca } = request;
  const deadline = performance.now() + timeoutMs;
  const leftMs = () => Math.max(0, deadline - performance.now());
  const plain = await dialThroughSocks(proxy, { host, port }, isolation, timeoutMs);
  try {
    const tls = { host, timeoutMs: leftMs(), ...(ca === undefined ? {} : { ca }) };
    const connection = isSecure ? await secureConnection(plain, tls) : plain;
    await connection.write(formatGet(hostHeader, path), leftMs());
    return await readBody(connection, new HttpBodyDecoder(maxBytes), leftMs);
  } catch (thrown) {
    const { message } = toOnionmxError(thrown);
    throw new OnionmxError('download-failed', `cannot get ${path} from ${hostHeader}: ${message}`, {
      hint: 'look at it yourself in Tor Browser, and try again later',
      cause: thrown,
    });
  } finally {
    plain.destroy();
  }
}

async function readBody(
  connection: Connection,
  decoder: HttpBodyDecoder,
  leftMs: () => number,
): Promise<Buffer> {
  for (;;) {
    const bytes = await connection.read(leftMs());
    if (bytes === null) return decoder.end();
    const body = decoder.take(bytes);
    if (body !== undefined) return body;
  }
}
