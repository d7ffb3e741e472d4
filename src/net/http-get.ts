/** Takes one file over HTTP, through Tor's SocksPort and no other way. */
import type { Duplex } from 'node:stream';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { IsolationKey } from '../protocol/socks5.ts';
import { askHttp, type HttpAnswer, type HttpQuestion } from './ask-http.ts';
import { toStream } from './connection-stream.ts';
import { dialThroughSocks } from './dial-socks.ts';
import { secureConnection } from './secure-connection.ts';

export interface HttpRequest extends HttpQuestion {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
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
  const answer = await download(proxy, isolation, request);
  if (answer.kind === 'file') return answer.bytes;
  throw cannotGet(request, answer.said);
}

/** undefined: the server says that there is no such file. Throws as getOverTor does. */
export async function findOverTor(
  proxy: SocketAddress,
  isolation: IsolationKey,
  request: HttpRequest,
): Promise<Buffer | undefined> {
  const answer = await download(proxy, isolation, request);
  return answer.kind === 'file' ? answer.bytes : undefined;
}

async function download(
  proxy: SocketAddress,
  isolation: IsolationKey,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { host, port, isSecure, timeoutMs, ca } = request;
  const deadline = performance.now() + timeoutMs;
  const leftMs = () => Math.max(0, deadline - performance.now());
  const plain = await dialThroughSocks(proxy, { host, port }, isolation, timeoutMs);
  try {
    const tls = { host, timeoutMs: leftMs(), ...(ca === undefined ? {} : { ca }) };
    const connection = isSecure ? await secureConnection(plain, tls) : plain;
    // the deadline over everything comes first
    return await askInTime(toStream(connection, 2 * timeoutMs), request, leftMs());
  } catch (thrown) {
    throw cannotGet(request, toOnionmxError(thrown).message, thrown);
  } finally {
    plain.destroy();
  }
}

/** The deadlines of the stream are those of one read or write: a server that sends a byte now and then would keep them all. */
async function askInTime(stream: Duplex, request: HttpRequest, leftMs: number): Promise<HttpAnswer> {
  const timer = setTimeout(() => {
    const why = `the answer was not whole within ${request.timeoutMs / 1000} s`;
    stream.destroy(new OnionmxError('connection-timeout', why));
  }, leftMs);
  try {
    return await askHttp(stream, request);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

function cannotGet({ path, hostHeader }: HttpRequest, why: string, cause?: unknown): OnionmxError {
  return new OnionmxError('download-failed', `cannot get ${path} from ${hostHeader}: ${why}`, {
    hint: 'look at it yourself in Tor Browser, and try again later',
    cause,
  });
}
