/**
 * Postfix's tcp_table(5): lines `get SPACE key NEWLINE`, answered by `<code> SPACE text NEWLINE`, with %XX for what is
 * not printable ASCII. The end of a line is the newline alone; `put`, which old versions described, is not there.
 */
import { OnionmxError } from '../errors.ts';

/** With the newline. The manual page limits replies only; requests are held to the same. */
const maxLineBytes = 4096;
const newline = 0x0a;

/** 200: found; 400: try again later; 500: no such key, or no such request. */
type TcpTableCode = 200 | 400 | 500;

/** Finds the keys that are asked for in a stream that may be cut anywhere. */
export class TcpTableDecoder {
  readonly #line = Buffer.allocUnsafe(maxLineBytes - 1);
  #filled = 0;

  /**
   * The keys of the lines that these bytes complete, in order; exhaust it before the next call.
   * Throws `lookup-request-malformed` or, for anything but `get`, `lookup-request-unknown`.
   */
  *decode(bytes: Buffer): Generator<string, void, undefined> {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(newline, start);
      this.#append(bytes.subarray(start, end < 0 ? bytes.length : end));
      if (end < 0) return;
      start = end + 1;
      yield parseRequest(this.#takeLine());
    }
  }

  #append(bytes: Buffer): void {
    if (this.#filled + bytes.length > this.#line.length) {
      throw malformed(`the line is longer than ${maxLineBytes} bytes`);
    }
    bytes.copy(this.#line, this.#filled);
    this.#filled += bytes.length;
  }

  #takeLine(): string {
    const line = this.#line.toString('latin1', 0, this.#filled);
    this.#filled = 0;
    return line;
  }
}

/** A whole reply. What Postfix would not take for its length becomes a 400: cut short it would mislead. */
export function encodeTcpTableReply(code: TcpTableCode, text: string): Buffer {
  const line = `${code} ${encodeText(text)}\n`;
  if (line.length <= maxLineBytes) return Buffer.from(line, 'latin1');
  return encodeTcpTableReply(400, `the answer is longer than ${maxLineBytes} bytes`);
}

function parseRequest(line: string): string {
  const start = JSON.stringify(line.slice(0, 60));
  if (!line.startsWith('get ')) {
    // A browser that is made to send its request here must not go on to the lines of its body: this ends the connection.
    throw new OnionmxError('lookup-request-unknown', `the only request is "get <key>", this is ${start}`);
  }
  const key = line.slice('get '.length);
  if (!/^[\x21-\x7e]*$/.test(key)) throw malformed(`${start} holds a byte that must be written as %XX`);
  if (/%(?![0-9a-fA-F]{2})/.test(key)) throw malformed(`${start} holds a "%" without two hexadecimal digits`);
  return decodeText(key);
}

function decodeText(text: string): string {
  const bytes = text.replace(/%(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function encodeText(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return bytes.replace(/[^\x21-\x24\x26-\x7e]/g, (character) => {
    const digits = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return `%${digits}`;
  });
}

function malformed(why: string): OnionmxError {
  return new OnionmxError('lookup-request-malformed', `malformed request: ${why}`);
}
