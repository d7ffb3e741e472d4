/** How many sessions there may be, and for how long. */

export interface PoolLimits {
  readonly perExchanger: number;
  readonly inAll: number;
  readonly lineMs: number;
  readonly lastRestMs: number;
  readonly furtherRestMs: number;
  readonly crowdMs: number;
}

export const defaultPoolLimits: PoolLimits = {
  /** Far below what servers take from one client (Postfix 50, our own onion listener 20): to them all onion peers may be one. */
  perExchanger: 16,
  /** Each is a socket here and a stream in Tor. When all are in use, those who have many give way to those who have none. */
  inAll: 200,
  /** The MTA waits behind it: Postfix 300 s for a greeting or the reply to MAIL, 180 s to get rid of more of a big message. */
  lineMs: 120_000,
  /**
   * Servers wait 300 s for the next command (RFC 5321 §4.5.3.2.7; Postfix, Exim and OpenSMTPD do), and each session takes a process of
   * theirs meanwhile. One is kept for the next message, well below that limit; a session that the server ended sooner is seen to be.
   */
  lastRestMs: 120_000,
  /** What only a burst needed goes soon: before a server that is short of processes asks for them (Postfix after 10 s). */
  furtherRestMs: 8000,
  /** How long no more are tried after one too many. */
  crowdMs: 60_000,
};
