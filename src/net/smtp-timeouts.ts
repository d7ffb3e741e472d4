/**
 * How long each step with an exchanger may take. RFC 5321 §4.5.3.2 allows more (5 minutes a command, 10 after the dot), but
 * the MTA in front waits as well and must hear from us first: Postfix's lmtp(8) 300 s for the greeting, 180 s for room to
 * write the message, 600 s for the replies after its dot.
 */

export interface SmtpTimeoutsMs {
  readonly greeting: number;
  readonly hello: number;
  readonly lastAttempt: number;
  readonly envelope: number;
  readonly block: number;
  readonly chunk: number;
  readonly endOfMessage: number;
  readonly reset: number;
  readonly quit: number;
}

export const defaultTimeoutsMs: SmtpTimeoutsMs = {
  /** The banner. Servers look up names and lists before it, or are slow on purpose; our caller has no greeting meanwhile. */
  greeting: 90_000,
  /** EHLO, and HELO once more: nothing to look up. */
  hello: 30_000,
  /** No further exchanger is tried after this: 60 s to connect, 90 + 30 + 30 s to greet still fit into the MTA's 300 s. */
  lastAttempt: 80_000,
  /** MAIL, all RCPTs and DATA together: the MTA may be waiting to write all that time, for 180 s. */
  envelope: 150_000,
  /** For the exchanger to take what we write; the MTA waits behind it for 180 s. */
  block: 150_000,
  /** The reply to a chunk that is not the last; for the same reason. */
  chunk: 150_000,
  /** Since the MTA's own dot, which of a small message comes before our MAIL: its 600 s less a margin. */
  endOfMessage: 570_000,
  /** RSET needs no work, and the outcome waits for it. */
  reset: 20_000,
  /** QUIT is politeness. */
  quit: 5000,
};

/** The steps, as error texts name them: "no answer to …". */
export const smtpSteps = {
  'our connection': 'greeting',
  EHLO: 'hello',
  HELO: 'hello',
  STARTTLS: 'hello',
  MAIL: 'envelope',
  RCPT: 'envelope',
  DATA: 'envelope',
  BDAT: 'chunk',
  'the unfinished message': 'chunk',
  'the end of the message': 'endOfMessage',
  RSET: 'reset',
  QUIT: 'quit',
} as const satisfies Record<string, keyof SmtpTimeoutsMs>;

export type SmtpStep = keyof typeof smtpSteps;
