/** What an SMTP server says it can do in its EHLO reply (RFC 5321 §4.1.1.1), as far as we use it. */
import type { SmtpReply } from './smtp-reply.ts';

export interface EsmtpCapabilities {
  readonly pipelining: boolean; // RFC 2920
  readonly chunking: boolean; // RFC 3030
  readonly eightBitMime: boolean; // RFC 6152
  readonly smtpUtf8: boolean; // RFC 6531
  readonly dsn: boolean; // RFC 3461
  readonly enhancedStatusCodes: boolean; // RFC 2034
  readonly startTls: boolean; // RFC 3207
  readonly requireTls: boolean; // RFC 8689
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
  startTls: false,
  requireTls: false,
  maxMessageBytes: undefined,
};

/** Reads a 250 reply to EHLO: the first line greets, each further one is a keyword, in any case, and its parameters. */
export function parseCapabilities({ lines: [, ...offers] }: SmtpReply): EsmtpCapabilities {
  const offered = new Map(offers.map(parseOffer));
  return {
    pipelining: offered.has('PIPELINING'),
    chunking: offered.has('CHUNKING'),
    eightBitMime: offered.has('8BITMIME'),
    smtpUtf8: offered.has('SMTPUTF8'),
    dsn: offered.has('DSN'),
    enhancedStatusCodes: offered.has('ENHANCEDSTATUSCODES'),
    startTls: offered.has('STARTTLS'),
    requireTls: offered.has('REQUIRETLS'),
    maxMessageBytes: readSize(offered.get('SIZE')),
  };
}

function parseOffer(line: string): [keyword: string, parameter: string] {
  const [keyword = '', parameter = ''] = line.trim().split(/[ \t]+/);
  return [keyword.toUpperCase(), parameter];
}

/** A SIZE whose number is missing or no number sets no limit that we could know. */
function readSize(parameter: string | undefined): number | undefined {
  if (parameter === undefined) return undefined;
  return /^\d{1,20}$/.test(parameter) ? Number(parameter) : 0;
}
