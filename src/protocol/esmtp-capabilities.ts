/** What an SMTP server says it can do in its EHLO reply (RFC 5321 §4.1.1.1), as far as we use it. */
export interface EsmtpCapabilities {
  readonly pipelining: boolean; // RFC 2920
  readonly chunking: boolean; // RFC 3030
  readonly eightBitMime: boolean; // RFC 6152
  readonly smtpUtf8: boolean; // RFC 6531
  readonly dsn: boolean; // RFC 3461
  readonly enhancedStatusCodes: boolean; // RFC 2034
  /** RFC 1870: undefined when SIZE is not offered, 0 when there is no fixed limit. */
  readonly maxMessageBytes: number | undefined;
}

/** A server that knows only HELO. */
export const noCapabilities: EsmtpCapabilities = {
  pipelining: false,
  chunking: false,
  eightBitMime: false,
  smtpUtf8: false,
  dsn: false,
  enhancedStatusCodes: false,
  maxMessageBytes: undefined,
};
