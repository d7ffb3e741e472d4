/** TLS over a connection that is there already, such as one through Tor (RFC 8446). The certificate is checked, with its name. */
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { OnionmxError } from '../errors.ts';
import { type Connection, toConnection } from './connection.ts';

export interface TlsOptions {
  /** The name that the certificate must have. */
  readonly host: string;
  readonly timeoutMs: number;
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
}

/** Takes the connection over. Throws `download-failed`; the connection is closed then. */
export function secureConnection(connection: Connection, options: TlsOptions): Promise<Connection> {
  const { host, timeoutMs, ca } = options;
  const socket = connect({
    socket: toStream(connection, timeoutMs),
    servername: host,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      connection.destroy();
      reject(new OnionmxError('download-failed', `no TLS with ${host}: ${why}`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const onError = (error: Error) => fail(error.message, error);
    socket.on('error', onError);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const secured = toConnection(socket, connection.peer);
      socket.off('error', onError);
      resolve(secured);
    });
  });
}

function toStream(connection: Connection, timeoutMs: number): Duplex {
  return new Duplex({
    read() {
      connection.read(timeoutMs).then(
        (bytes) => this.push(bytes),
        (error: unknown) => this.destroy(toError(error)),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      void settle(connection.write(bytes, timeoutMs), done);
    },
    final(done) {
      connection.end();
      done();
    },
    destroy(error, done) {
      connection.destroy();
      done(error);
    },
  });
}

async function settle(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  let failure: Error | undefined;
  try {
    await work;
  } catch (thrown) {
    failure = toError(thrown);
  }
  done(failure);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
