/** TLS over a connection that is there already, such as one through Tor (RFC 8446; 1.2 at least, RFC 8996). The certificate is checked, with its name. */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { OnionmxError } from '../errors.ts';
import { type Connection, toConnection } from './connection.ts';
import { toStream } from './connection-stream.ts';

export interface TlsOptions {
  /** The name that the certificate must have. */
  readonly host: string;
  /** For the handshake. */
  readonly timeoutMs: number;
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
  /** What is spoken inside (RFC 7301), such as `dot`. */
  readonly alpnProtocols?: readonly string[];
}

/** Takes the connection over. Throws `tls-failed`; the connection is closed then. */
export async function secureConnection(connection: Connection, options: TlsOptions): Promise<Connection> {
  const { host, timeoutMs, ca, alpnProtocols } = options;
  const socket = await shakeHands(connection, host, timeoutMs, {
    servername: host,
    ...(ca === undefined ? {} : { ca }),
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: [...alpnProtocols] }),
  });
  return toConnection(socket, connection.peer);
}

/** As above for those who look at the certificate themselves. `name` is for the error. */
export function shakeHands(
  connection: Connection,
  name: string,
  timeoutMs: number,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  // the deadlines of a secured connection are those of its own reads and writes
  const socket = connect({ socket: toStream(connection, untilClosedMs), minVersion: 'TLSv1.2', ...options });
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      connection.destroy();
      reject(new OnionmxError('tls-failed', `no TLS with ${name}: ${why}`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const onError = (error: Error) => fail(error.message, error);
    const onClose = () => fail('the other side closed the connection');
    socket.on('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      // whoever takes the socket listens for errors from here on; one in between would end the process
      socket.once('error', () => undefined);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

/** As much as a timer can hold. */
const untilClosedMs = 2 ** 31 - 1;
