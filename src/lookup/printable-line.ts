/** Text that may stand in an SMTP reply or a log line of Postfix: one line of printable ASCII (RFC 5321 §4.2). */

/**
 * Others choose parts of the text (DNS answers, keys): a newline in it must not begin a second line, here or in the
 * SMTP reply that Postfix makes of it. `maxBytes` is the longest result.
 */
export function toPrintableLine(text: string, maxBytes: number): string {
  const line = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  return line.length <= maxBytes ? line : `${line.slice(0, maxBytes - 3)}...`;
}
