/**
 * Netstrings (https://cr.yp.to/proto/netstrings.txt), as Postfix's socketmap frames its requests and replies:
 * `<length in decimal>:<payload>,`. Strict: no leading zeros, no signs, no spaces.
 */
import { OnionmxError } from '../errors.ts';

const colon = 0x3a;
const comma = 0x2c;
const zero = 0x30;
const nine = 0x39;
const firstCapacity = 512;

export function encodeNetstring(payload: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(payload)}:${payload},`);
}

/** Finds the payloads in a stream that may be cut anywhere. */
export class NetstringDecoder {
  readonly #maxBytes: number;
  #digits = 0;
  #length = 0;
  /** undefined as long as the length is being read. */
  #payload: Buffer | undefined;
  #filled = 0;

  /** `maxBytes`: the longest payload that is taken. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The payloads that these bytes complete, in order; exhaust it before the next call. Throws
   * `lookup-request-malformed` at the first wrong byte: where the next netstring begins is then unknown for good.
   */
  *decode(bytes: Buffer): Generator<Buffer, void, undefined> {
    let position = 0;
    while (position < bytes.length) {
      if (this.#payload === undefined) {
        this.#takeLengthByte(bytes.readUInt8(position++));
        const end = position + this.#length;
        // what is whole already need not be copied
        if (this.#payload !== undefined && end < bytes.length) {
          yield this.#finish(bytes.subarray(position, end), bytes.readUInt8(end));
          position = end + 1;
        }
      } else if (this.#filled < this.#length)
        position += this.#takePayload(this.#payload, bytes.subarray(position));
      else yield this.#finish(this.#payload, bytes.readUInt8(position++));
    }
  }

  #takeLengthByte(byte: number): void {
    if (byte === colon && this.#digits > 0) {
      // A client that announces much and sends nothing must not cost us much: the room grows with what really comes.
      this.#payload = Buffer.allocUnsafe(Math.min(this.#length, firstCapacity));
      return;
    }
    if (byte < zero || byte > nine) throw malformed(`${hex(byte)} where a digit or ":" is due`);
    if (this.#digits > 0 && this.#length === 0) throw malformed('the length has a leading zero');
    this.#digits += 1;
    this.#length = this.#length * 10 + (byte - zero);
    // Checked at each digit: endless digits end here too.
    if (this.#length > this.#maxBytes) throw malformed(`it is longer than ${this.#maxBytes} bytes`);
  }

  /** Returns how many bytes were taken. Room is doubled, so that a payload in single bytes is not copied at each. */
  #takePayload(payload: Buffer, bytes: Buffer): number {
    const part = bytes.subarray(0, this.#length - this.#filled);
    const needed = this.#filled + part.length;
    const roomy =
      needed <= payload.length ? payload : this.#grow(payload, Math.max(needed, 2 * payload.length));
    part.copy(roomy, this.#filled);
    this.#filled = needed;
    return part.length;
  }

  #grow(payload: Buffer, capacity: number): Buffer {
    const larger = Buffer.allocUnsafe(Math.min(capacity, this.#length));
    payload.copy(larger, 0, 0, this.#filled);
    this.#payload = larger;
    return larger;
  }

  #finish(payload: Buffer, byte: number): Buffer {
    if (byte !== comma) throw malformed(`${hex(byte)} where the closing "," is due`);
    this.#digits = 0;
    this.#length = 0;
    this.#filled = 0;
    this.#payload = undefined;
    return payload;
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

function malformed(why: string): OnionmxError {
  return new OnionmxError('lookup-request-malformed', `malformed netstring: ${why}`);
}
