/** DNS messages on a TCP stream (RFC 1035 §4.2.2): two octets of length, then the message. */
import { OnionmxError } from '../errors.ts';

const lengthBytes = 2;

export function encodeDnsFrame(message: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Collects the one message that a connection is opened for; what comes after it is left unread. */
export class DnsFrameDecoder {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #received = 0;
  #length: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The message, once it is whole. Throws `dns-malformed` when it says that it is longer than allowed. */
  push(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < lengthBytes) return undefined;
    this.#length ??= this.#readLength();
    const end = lengthBytes + this.#length;
    return this.#received < end ? undefined : Buffer.concat(this.#chunks).subarray(lengthBytes, end);
  }

  #readLength(): number {
    const length = Buffer.concat(this.#chunks).readUInt16BE(0);
    if (length <= this.#maxBytes) return length;
    throw new OnionmxError(
      'dns-malformed',
      `the DNS answer says that it has ${length} octets, more than the ${this.#maxBytes} allowed`,
    );
  }
}
