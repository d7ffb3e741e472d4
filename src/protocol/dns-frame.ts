/** DNS messages on a TCP or TLS stream (RFC 1035 §4.2.2): two octets of length, then the message. */
import { OnionmxError } from '../errors.ts';

const lengthBytes = 2;

export function encodeDnsFrame(message: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Takes the messages of a stream out of the pieces that it comes in. */
export class DnsFrameDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #received = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are whole now. Throws `dns-malformed` when one says that it is longer than allowed. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    const messages: Buffer[] = [];
    for (let message = this.#take(); message !== undefined; message = this.#take()) messages.push(message);
    return messages;
  }

  #take(): Buffer | undefined {
    if (this.#received < lengthBytes) return undefined;
    const [first = Buffer.alloc(0)] = this.#chunks;
    const length = this.#check((first.length < lengthBytes ? this.#joined() : first).readUInt16BE(0));
    const end = lengthBytes + length;
    if (this.#received < end) return undefined;
    const bytes = this.#joined();
    this.#chunks = [bytes.subarray(end)];
    this.#received -= end;
    return bytes.subarray(lengthBytes, end);
  }

  /** Joined only when it helps: a message in many small pieces is copied twice, not once a piece. */
  #joined(): Buffer {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }

  #check(length: number): number {
    if (length <= this.#maxBytes) return length;
    throw new OnionmxError(
      'dns-malformed',
      `the DNS answer says that it has ${length} octets, more than the ${this.#maxBytes} allowed`,
    );
  }
}
