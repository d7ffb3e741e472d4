/** One SMTP connection through Tor to an exchanger, as the endpoint uses it. */
import type { OnionmxError } from '../errors.ts';
import type { Exchanger, ExchangerSet } from '../protocol/exchanger.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Envelope, EnvelopePath } from '../protocol/smtp-envelope.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import type { ServerCertificate } from '../net/start-tls.ts';
import type { MessageSource } from './read-ahead.ts';

export type { Envelope, EnvelopePath };

/** What became of one recipient: the exchanger's own last word, or our failure to hear one. */
export type RecipientOutcome =
  | { readonly kind: 'replied'; readonly reply: SmtpReply }
  | { readonly kind: 'failed'; readonly error: OnionmxError };

export interface Session {
  readonly exchanger: Exchanger;
  readonly capabilities: EsmtpCapabilities;
  /** What the exchanger showed by STARTTLS; undefined while there is no TLS. */
  readonly certificate: ServerCertificate | undefined;
  /** False once the connection cannot carry another transaction. */
  readonly isUsable: boolean;
  /**
   * Goes on inside TLS, between two transactions; `capabilities` may be others then. `serverName` as in start-tls.ts; for another
   * one it may be asked again. Throws what startTls throws; the session is of no use then.
   */
  secure(serverName: string): Promise<ServerCertificate>;
  /**
   * One mail transaction. `body` yields the message octets (dots not doubled, no final dot). It may be left unread, or
   * read in part, when the exchanger refuses; no read of it is pending afterwards. When it throws, the connection is
   * destroyed before the message could be complete. Never throws: one outcome per recipient, in the order given.
   */
  transact(envelope: Envelope, body: MessageSource): Promise<readonly RecipientOutcome[]>;
  /** QUIT if the exchanger still listens, then close. Never throws. */
  close(): Promise<void>;
}

/** What all exchangers of a set that are connected now can do. */
export type CommonOffer = Pick<
  EsmtpCapabilities,
  'eightBitMime' | 'smtpUtf8' | 'dsn' | 'startTls' | 'requireTls' | 'maxMessageBytes'
>;

/** Where sessions come from, and go back to after one message. */
export interface SessionSource {
  /** From what is known while a session is open, else from one that is opened for it. Throws what `acquire` throws. */
  learnOffer(exchangers: ExchangerSet): Promise<CommonOffer>;
  /** Tries the exchangers in RFC 2782 order; throws the failure of the last one, with the others' reasons in its text. */
  acquire(exchangers: ExchangerSet): Promise<Session>;
  /** Gives a session back after use. A second time changes nothing. */
  release(session: Session): void;
}
