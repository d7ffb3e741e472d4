/** A connection as Node's own protocols want it, such as TLS: a stream. It takes the connection over; each read and write has a deadline. */
import { Duplex } from 'node:stream';
import type { Connection } from './connection.ts';

/** What goes wrong with the connection destroys the stream with that error, and a stream that ends or is destroyed takes the connection along. */
export function toStream(connection: Connection, timeoutMs: number): Duplex {
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
