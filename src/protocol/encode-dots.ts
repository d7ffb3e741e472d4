/**
 * Makes a message ready to follow DATA (RFC 5321 §4.5.2): doubles the dot at the start of a line, and ends it with CRLF . CRLF.
 * A message that does not end in CRLF gets one. Other lone CRs and LFs pass as they are; decode-data.ts has looked at the
 * message before, and refuses more. Not needed with BDAT (RFC 3030), which counts bytes.
 */
import { OnionmxError } from '../errors.ts';

const [lf, cr, dot] = [10, 13, 46];

/** For one message. */
export class DotEncoder {
  /** The last two bytes; at first as after a line, since DATA was one. */
  #before: [number, number] = [cr, lf];

  /** Throws `message-line-ends`. */
  encode(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let start = 0;
    for (let at = chunk.indexOf(dot); at >= 0; at = chunk.indexOf(dot, at + 1)) {
      if (!this.#startsLine(chunk, at)) continue;
      parts.push(chunk.subarray(start, at + 1));
      start = at; // the dot is sent twice
    }
    this.#before = [this.#byteAt(chunk, chunk.length - 2), this.#byteAt(chunk, chunk.length - 1)];
    return start === 0 && parts.length === 0 ? chunk : Buffer.concat([...parts, chunk.subarray(start)]);
  }

  /** What ends the message. */
  finish(): string {
    const [last, veryLast] = this.#before;
    return last === cr && veryLast === lf ? '.\r\n' : '\r\n.\r\n';
  }

  #startsLine(chunk: Buffer, at: number): boolean {
    const last = this.#byteAt(chunk, at - 1);
    if (last === lf && this.#byteAt(chunk, at - 2) === cr) return true;
    // Stops SMTP smuggling: to a server that ends lines at a lone CR or LF this dot starts a line, and could be the end
    // of the message; doubled, it would be one dot too many for every other server.
    if (last === lf || last === cr) {
      throw new OnionmxError('message-line-ends', 'a dot after a bare <CR> or <LF> in the message');
    }
    return false;
  }

  /** The byte at a position of the chunk; -1 and -2 are the two before it. */
  #byteAt(chunk: Buffer, position: number): number {
    return (position < 0 ? this.#before[position + 2] : chunk[position]) ?? 0;
  }
}
