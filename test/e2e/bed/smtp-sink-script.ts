/** What a test tells the SMTP sink to do, and what the sink tells the test that it saw. */

export type SinkExtension =
  | 'PIPELINING'
  | 'CHUNKING'
  | 'SMTPUTF8'
  | 'DSN'
  | '8BITMIME'
  | 'REQUIRETLS'
  | `SIZE ${number}`;

/** A place where the sink speaks. CONNECT is the banner, END the final dot; BDAT is asked for each chunk. */
interface SinkEvent {
  readonly verb: string;
  /** The command as it came, without CRLF; '' for CONNECT and END. */
  readonly line: string;
  readonly sessionNumber: number;
  /** How many messages this session has accepted so far. */
  readonly acceptedCount: number;
}

/** A reply, its lines joined by LF (`250-one\n250 two`), or one of the two below. */
export type SinkAnswer = string | typeof closeConnection | typeof sayNothing;

/** Cuts the connection. */
export const closeConnection = { kind: 'close' } as const;
/** Never replies, and reads on. */
export const sayNothing = { kind: 'silence' } as const;

export interface SinkOptions {
  /** Default 0: a free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Listens here instead of on a port. */
  readonly path?: string;
  readonly hostname?: string;
  readonly extensions?: readonly SinkExtension[];
  /** Offers STARTTLS, and shows this certificate (PEM). Inside it offers `extensions` and REQUIRETLS, or those that are named here. */
  readonly tls?: {
    readonly key: string;
    readonly certificate: string;
    readonly extensions?: readonly SinkExtension[];
  };
  /** Waits for a PROXY line before the banner (HiddenServiceExportCircuitID haproxy). */
  readonly expectsProxyLine?: boolean;
  /** Chooses a reply; `undefined` leaves it to the sink. A promise delays it. */
  readonly answer?: (event: SinkEvent) => SinkAnswer | undefined | Promise<SinkAnswer | undefined>;
}

export interface SinkRecipient {
  readonly address: string;
  readonly parameters: readonly string[];
}

export interface SinkMessage {
  readonly sessionNumber: number;
  readonly sender: string;
  /** As they came: `SIZE=123`, `BODY=8BITMIME`. */
  readonly mailParameters: readonly string[];
  /** Those that got 2xx. */
  readonly recipients: readonly SinkRecipient[];
  /** The message, CRLF and all, without dot-stuffing. */
  readonly data: Buffer;
  readonly transfer: 'DATA' | 'BDAT';
  /** Came inside TLS. */
  readonly isSecured: boolean;
}

export interface SinkCommand {
  readonly sessionNumber: number;
  readonly line: string;
  /** Commands with the same number came in one read: they were pipelined. */
  readonly readNumber: number;
}

export const defaultExtensions: readonly SinkExtension[] = [
  'PIPELINING',
  'CHUNKING',
  'SMTPUTF8',
  'DSN',
  '8BITMIME',
  'SIZE 67108864',
];
