/** SMTP replies (RFC 5321 §4.2): one code, one or more lines of text. Bytes become replies in smtp-reply-decoder.ts. */

export interface SmtpReply {
  /** 200 to 599 */
  readonly code: number;
  /** The text of each line after the code and its separator, word for word. At least one line. */
  readonly lines: readonly [string, ...string[]];
}

/** As it goes over the line: `250-first CRLF 250 last CRLF`. */
export function formatReply({ code, lines }: SmtpReply): string {
  const last = lines.length - 1;
  return lines
    .map((text, index) => `${code}${index === last ? ' ' : '-'}${blankControls(text)}\r\n`)
    .join('');
}

/** For logs and error texts: `550 5.1.1 first last`, the lines joined by spaces as Postfix does. */
export function quoteReply({ code, lines }: SmtpReply): string {
  return [code, ...lines].join(' ').trimEnd();
}

/** 4xx or 5xx. */
export function isRefusal({ code }: SmtpReply): boolean {
  return code >= 400;
}

/**
 * Stops a reply that is more than one: with a CR (or any other control character but tab) kept as it is, the exchanger's
 * text could end our reply line for a lenient reader and begin a `250` of its own, or move the cursor of whoever reads the log.
 */
export function blankControls(text: string): string {
  return text.replaceAll(/(?!\t)\p{Cc}/gu, ' ');
}
