/**
 * Reads SMTP replies out of a stream of bytes (RFC 5321 §4.2.1). Tolerated: lines that end in a bare LF, lines over 512
 * bytes, a code without text. Not tolerated: anything else that is no reply, and lines of one reply with different codes.
 * Text that is valid UTF-8 stays the same to the byte; other bytes, which no standard allows, are read as Latin-1.
 */
import { isUtf8 } from 'node:buffer';
import { OnionmxError } from '../errors.ts';
import { blankControls, type SmtpReply } from './smtp-reply.ts';

const maxLineBytes = 2048; // RFC 5321 §4.5.3.1.5 says 512, servers say more; Postfix keeps as much
const maxLines = 100;
const maxReplyBytes = 65_536;
const linePattern = /^([2-5]\d\d)(?:([ -])(.*))?$/s;

interface ReplyInProgress {
  readonly code: number;
  readonly lines: [string, ...string[]];
  bytes: number;
}

export class ReplyDecoder {
  #bytes: Buffer = Buffer.alloc(0);
  #reply: ReplyInProgress | undefined;

  /** Nothing has come that was not given out. */
  get isEmpty(): boolean {
    return this.#bytes.length === 0 && this.#reply === undefined;
  }

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** The next whole reply, undefined when more bytes are needed. Throws `exchanger-protocol`; nothing can follow then. */
  next(): SmtpReply | undefined {
    for (;;) {
      const line = this.#takeLine();
      if (line === undefined) return undefined;
      const reply = this.#add(line);
      if (reply !== undefined) return reply;
    }
  }

  #takeLine(): Buffer | undefined {
    const end = this.#bytes.indexOf('\n');
    const lineBytes = end < 0 ? this.#bytes.length : end + 1;
    if (lineBytes > maxLineBytes) {
      throw malformed(`a line over ${maxLineBytes} bytes`, this.#bytes.subarray(0, maxLineBytes));
    }
    if (end < 0) return undefined;
    const line = this.#bytes.subarray(0, this.#bytes[end - 1] === 0x0d ? end - 1 : end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return line;
  }

  /** The reply, when this line is its last. */
  #add(line: Buffer): SmtpReply | undefined {
    const [whole, digits, separator, text = ''] = linePattern.exec(decodeText(line)) ?? [];
    if (whole === undefined) throw malformed('a line that is no reply', line);
    const reply = this.#extend(Number(digits), blankControls(text), line);
    this.#reply = separator === '-' ? reply : undefined;
    return separator === '-' ? undefined : { code: reply.code, lines: reply.lines };
  }

  #extend(code: number, text: string, line: Buffer): ReplyInProgress {
    const reply = this.#reply;
    if (reply === undefined) return { code, lines: [text], bytes: line.length };
    if (reply.code !== code) throw malformed(`a line of another code in a ${reply.code} reply`, line);
    reply.lines.push(text);
    reply.bytes += line.length;
    if (reply.lines.length > maxLines) throw malformed(`a reply over ${maxLines} lines`, line);
    if (reply.bytes > maxReplyBytes) throw malformed(`a reply over ${maxReplyBytes} bytes`, line);
    return reply;
  }
}

function decodeText(line: Buffer): string {
  return line.toString(isUtf8(line) ? 'utf8' : 'latin1');
}

function malformed(what: string, line: Buffer): OnionmxError {
  const shown = JSON.stringify(blankControls(decodeText(line)).slice(0, 200));
  return new OnionmxError('exchanger-protocol', `${what}: ${shown}`);
}
