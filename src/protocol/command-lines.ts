/** Command lines of LMTP and SMTP (RFC 5321 §2.3.8): only CRLF ends one. */
import type { SmtpReply } from './smtp-reply.ts';

/** RFC 5321 §4.5.3.1.4 asks for 512; SMTPUTF8 and DSN parameters make lines longer. */
const maxLineBytes = 4096;

type CommandLine =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'line'; readonly line: Buffer; readonly rest: Buffer }
  /** Nothing after this can be understood: answer and close. */
  | { readonly kind: 'broken'; readonly reply: SmtpReply };

/** Takes the first line, without its CRLF, off the bytes. */
export function takeCommandLine(bytes: Buffer): CommandLine {
  const end = bytes.indexOf('\n');
  if ((end < 0 ? bytes.length : end + 1) > maxLineBytes) return broken('5.5.2 command line too long');
  if (end < 0) return { kind: 'incomplete' };
  // who takes a bare LF as a line end could be made to read commands out of an address
  if (bytes[end - 1] !== 0x0d) return broken('5.5.2 bare <LF> in a command (RFC 5321 section 2.3.8)');
  return { kind: 'line', line: bytes.subarray(0, end - 1), rest: bytes.subarray(end + 1) };
}

function broken(text: string): CommandLine {
  return { kind: 'broken', reply: { code: 500, lines: [text] } };
}
