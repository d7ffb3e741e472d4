/** SMTP replies (RFC 5321 §4.2): one code, one or more lines of text. */

export interface SmtpReply {
  /** 200 to 599 */
  readonly code: number;
  /** The text of each line after the code and its separator, word for word. At least one line. */
  readonly lines: readonly [string, ...string[]];
}
