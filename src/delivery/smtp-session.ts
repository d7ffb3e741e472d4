/** A session with one exchanger: transactions one after the other on one connection, with RSET between them where needed. */
import { toOnionmxError } from '../errors.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { buildEnvelopeCommands, type Envelope, type EnvelopeCommands } from '../protocol/smtp-envelope.ts';
import { isRefusal } from '../protocol/smtp-reply.ts';
import type { RecipientOutcome, Session } from './session.ts';
import type { SmtpLink } from '../net/smtp-link.ts';
import { SmtpTransaction } from './smtp-transaction.ts';

export class SmtpSession implements Session {
  readonly exchanger: Exchanger;
  readonly capabilities: EsmtpCapabilities;
  readonly #link: SmtpLink;

  /** `link` has greeted already. */
  constructor(link: SmtpLink, exchanger: Exchanger, capabilities: EsmtpCapabilities) {
    this.#link = link;
    this.exchanger = exchanger;
    this.capabilities = capabilities;
    link.watchSilence();
  }

  get isUsable(): boolean {
    return this.#link.isUsable;
  }

  async transact(envelope: Envelope, body: AsyncIterable<Uint8Array>): Promise<readonly RecipientOutcome[]> {
    try {
      return await this.#deliver(buildEnvelopeCommands(envelope, this.capabilities, this.#link.name), body);
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      return envelope.recipients.map(() => ({ kind: 'failed', error }));
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #deliver(
    commands: EnvelopeCommands,
    body: AsyncIterable<Uint8Array>,
  ): Promise<readonly RecipientOutcome[]> {
    const transaction = new SmtpTransaction(this.#link, this.capabilities, commands, body);
    const outcomes = await transaction.run();
    if (this.isUsable && !transaction.isOver) await this.#reset();
    this.#link.watchSilence();
    return outcomes;
  }

  /** A session that cannot be reset is of no use; the outcomes stand. */
  async #reset(): Promise<void> {
    const isReset = await this.#link.ask('RSET', 'RSET').then(
      (reply) => !isRefusal(reply),
      () => false,
    );
    if (!isReset) this.#link.cutOff();
  }
}
