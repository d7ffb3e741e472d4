/**
 * Tor's control protocol (control-spec, "Message format"): replies and events in, commands out.
 * Left out: what single commands and events mean, and commands that carry data.
 */
import { OnionmxError } from '../errors.ts';

interface TorControlLine {
  readonly text: string;
  /** What a `250+` line carries, lines joined by LF, dots undone. */
  readonly data: string | undefined;
}

/** A reply to a command, or an event (code 6xx) that comes between replies, never inside one. */
export interface TorControlReply {
  /** Of the last line; each line of a reply has one, and in all that we use they are the same. */
  readonly code: number;
  readonly lines: readonly TorControlLine[];
}

export function isTorEvent({ code }: TorControlReply): boolean {
  return code >= 600;
}

/** Octets in any pieces in, whole replies out. Throws `tor-control` for what is no reply, or longer than allowed. */
export class TorControlDecoder {
  readonly #maxReplyBytes: number;
  #pending = '';
  #replyBytes = 0;
  #lines: TorControlLine[] = [];
  #data: string[] | undefined;

  constructor(maxReplyBytes: number) {
    this.#maxReplyBytes = maxReplyBytes;
  }

  push(input: Buffer): TorControlReply[] {
    const lines = (this.#pending + input.toString('latin1')).split('\r\n');
    this.#pending = lines.pop() ?? '';
    const replies = lines.flatMap((line) => this.#takeLine(line) ?? []);
    this.#checkSize(this.#replyBytes + this.#pending.length);
    return replies;
  }

  #takeLine(line: string): TorControlReply | undefined {
    this.#replyBytes += line.length + 2;
    this.#checkSize(this.#replyBytes);
    if (this.#data === undefined) return this.#takeReplyLine(line);
    if (line === '.') this.#endData(this.#data);
    else this.#data.push(line.startsWith('.') ? line.slice(1) : line);
    return undefined;
  }

  #endData(data: readonly string[]): void {
    const text = this.#lines.pop()?.text ?? '';
    this.#lines.push({ text, data: data.join('\n') });
    this.#data = undefined;
  }

  #takeReplyLine(line: string): TorControlReply | undefined {
    const [, code, separator, text] = /^([2-6]\d\d)([ +-])(.*)$/s.exec(line) ?? [];
    if (code === undefined || text === undefined) {
      throw new OnionmxError(
        'tor-control',
        `Tor said ${JSON.stringify(line.slice(0, 200))}: that is no reply`,
      );
    }
    if (separator === '+') this.#data = [];
    this.#lines.push({ text, data: undefined });
    if (separator !== ' ') return undefined;
    const reply = { code: Number(code), lines: this.#lines };
    this.#lines = [];
    this.#replyBytes = 0;
    return reply;
  }

  /** Whatever listens at that address could otherwise fill our memory. */
  #checkSize(bytes: number): void {
    if (bytes <= this.#maxReplyBytes) return;
    throw new OnionmxError('tor-control', `Tor's reply has more than ${this.#maxReplyBytes} octets`);
  }
}

/** One command line. Throws `bug` when a word would end the line and begin a command of its own. */
export function encodeTorCommand(words: readonly string[]): string {
  const line = words.join(' ');
  if (/[\r\n\0]/.test(line)) throw new OnionmxError('bug', `a Tor command must be one line: ${words[0]} …`);
  return `${line}\r\n`;
}

/** `KEY=value` and `KEY="a \"quoted\" value"` pairs anywhere in a line; words without `=` are skipped. */
export function parseTorFields(text: string): ReadonlyMap<string, string> {
  const pairs = text.matchAll(/([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/gs);
  return new Map(Array.from(pairs, ([, key = '', quoted, bare = '']) => [key, unescape(quoted) ?? bare]));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** CString and QuotedString alike: `\n`, `\r`, `\t`, octal, and any other character for itself. */
function unescape(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\([0-3]?[0-7]{1,2}|.)/gs, (_whole, escaped: string) =>
    /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : (escapes[escaped] ?? escaped),
  );
}
