/** What stands behind an LMTP conversation in tests: it says what it is told to, and keeps what it gets. */
import type { LmtpOffer, MessageBody, MessageReceiver } from '../../src/delivery/lmtp-receiver.ts';
import { replyForFailure } from '../../src/delivery/reply-for-outcome.ts';
import type { Envelope, EnvelopePath } from '../../src/delivery/session.ts';
import { toOnionmxError } from '../../src/errors.ts';
import type { SmtpReply } from '../../src/protocol/smtp-reply.ts';

export const ok: SmtpReply = { code: 250, lines: ['2.1.5 Ok'] };
export const everything: LmtpOffer = {
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  requireTls: true,
  maxMessageBytes: 0,
};

export class FakeReceiver implements MessageReceiver {
  offer: LmtpOffer = everything;
  readonly envelopes: Envelope[] = [];
  readonly bodies: (string | undefined)[] = [];
  ending: SmtpReply | undefined;
  acceptReply: (path: string) => SmtpReply = () => ok;
  finish: (envelope: Envelope, body: MessageBody) => Promise<readonly SmtpReply[]> = (envelope, body) =>
    this.readAll(envelope, body);

  beginTransaction(): Promise<SmtpReply | undefined> {
    return Promise.resolve(this.ending);
  }

  acceptRecipient({ path }: EnvelopePath): Promise<SmtpReply> {
    return Promise.resolve(this.acceptReply(path));
  }

  deliver(envelope: Envelope, body: MessageBody): Promise<readonly SmtpReply[]> {
    this.envelopes.push(envelope);
    return this.finish(envelope, body);
  }

  async readAll({ recipients }: Envelope, body: MessageBody): Promise<readonly SmtpReply[]> {
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      this.bodies.push(Buffer.concat(chunks).toString());
      return recipients.map(({ path }) => ({ code: 250, lines: [`2.0.0 ${path} done`] }));
    } catch (error) {
      this.bodies.push(undefined);
      return recipients.map(() => replyForFailure(toOnionmxError(error)));
    }
  }
}
