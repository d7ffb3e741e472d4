/** What stands behind an LMTP conversation: it says what is offered, whom it takes mail for, and what became of the mail. */
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import type { Envelope, EnvelopePath } from './session.ts';

/** The extensions that depend on the receiver. `maxMessageBytes`: undefined = no SIZE, 0 = no fixed limit. */
export type LmtpOffer = Pick<
  EsmtpCapabilities,
  'eightBitMime' | 'smtpUtf8' | 'dsn' | 'requireTls' | 'maxMessageBytes'
>;

/** The octets of a message. Throws when the client goes away in the middle, or the message must not be passed on. */
export interface MessageBody extends AsyncIterable<Uint8Array> {
  readonly bytesRead: number;
}

export interface MessageReceiver {
  readonly offer: LmtpOffer;
  /** At each MAIL: undefined to go on, or a 421 reply that ends the conversation. */
  beginTransaction(): Promise<SmtpReply | undefined>;
  acceptRecipient(recipient: EnvelopePath): Promise<SmtpReply>;
  /** One last word per recipient, in the order given. What it does not read of the body is read and dropped for it. */
  deliver(envelope: Envelope, body: MessageBody): Promise<readonly SmtpReply[]>;
}
