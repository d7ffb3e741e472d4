/** The message that an LMTP client sends after DATA, read only as fast as it is wanted. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { DataDecoder, type DataProblem } from '../protocol/decode-data.ts';
import type { MessageBody } from './lmtp-receiver.ts';

type ReadBytes = () => Promise<Buffer | null>;

export class IncomingBody implements MessageBody {
  bytesRead = 0;
  /** What came after the end of the data, once that has come. */
  rest: Buffer | undefined;
  readonly #read: ReadBytes;
  readonly #decoder: DataDecoder;
  readonly #maxBytes: number;
  #unread: Buffer | undefined;
  #failure: OnionmxError | undefined;

  /** `first` are bytes that have come already. `maxBytes` 0 is no limit. */
  constructor(read: ReadBytes, first: Buffer, maxBytes: number) {
    this.#read = read;
    this.#unread = first;
    this.#maxBytes = maxBytes;
    this.#decoder = new DataDecoder(maxBytes === 0 ? Number.POSITIVE_INFINITY : maxBytes);
  }

  /** Leaving the loop early loses nothing: `drain` goes on from there. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      // a message that is cut off or refused must never look complete to whoever passes it on
      if (this.#decoder.problem !== undefined) throw this.#errorFor(this.#decoder.problem);
      if (this.rest !== undefined) return;
      const body = await this.#advance();
      if (body.length > 0) yield body;
    }
  }

  /** Reads and drops what is left, and returns what came after the end. Throws when the client is gone. */
  async drain(): Promise<Buffer> {
    while (this.rest === undefined) await this.#advance();
    return this.rest;
  }

  async #advance(): Promise<Buffer> {
    const { body, rest } = this.#decoder.push(await this.#nextBytes());
    this.rest = rest;
    this.bytesRead += body.length;
    return body;
  }

  async #nextBytes(): Promise<Buffer> {
    if (this.#failure !== undefined) throw this.#failure;
    const bytes = this.#unread ?? (await this.#readOrFail());
    this.#unread = undefined;
    return bytes;
  }

  async #readOrFail(): Promise<Buffer> {
    try {
      const bytes = await this.#read();
      if (bytes !== null) return bytes;
      throw new OnionmxError('connection-lost', 'the MTA ended the connection in the middle of the message');
    } catch (error) {
      this.#failure = toOnionmxError(error);
      throw this.#failure;
    }
  }

  #errorFor(problem: DataProblem): OnionmxError {
    switch (problem) {
      case 'bare-lf':
        return new OnionmxError('message-line-ends', 'bare <LF> in the message (RFC 5321 section 2.3.8)');
      case 'hidden-dot':
        return new OnionmxError(
          'message-line-ends',
          'a dot after a bare <CR> or NUL in the message: a lenient server would take it for the end (SMTP smuggling)',
        );
      case 'too-long':
        return new OnionmxError('message-too-big', `the exchanger takes ${this.#maxBytes} bytes at most`);
    }
  }
}
