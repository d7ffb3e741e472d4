/** Replies in our own words: one line, printable ASCII, short enough for any reader (RFC 5321 §4.5.3.1.5: 512 bytes). */
import type { SmtpReply } from './smtp-reply.ts';

const maxTextBytes = 500;

/** `text` begins with the enhanced status (RFC 3463). What is not printable becomes `?`, so that it can end no line. */
export function plainReply(code: number, text: string): SmtpReply {
  const printable = text.replaceAll(/\s+/g, ' ').replaceAll(/[^ -~]/g, '?');
  return { code, lines: [printable.slice(0, maxTextBytes)] };
}
