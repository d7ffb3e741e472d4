/** A session with one exchanger: transactions one after the other on one connection, with RSET between them where needed. */
import { toOnionmxError } from '../errors.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { buildEnvelopeCommands, type Envelope, type EnvelopeCommands } from '../protocol/smtp-envelope.ts';
import { isRefusal } from '../protocol/smtp-reply.ts';
import type { RecipientOutcome, Session } from './session.ts';
import type { SmtpLink } from '../net/smtp-link.ts';
import { type ServerCertificate, startTls, type StartTlsOptions } from '../net/start-tls.ts';
import { SmtpTransaction } from './smtp-transaction.ts';

type HelloOptions = Omit<StartTlsOptions, 'serverName'>;

export class SmtpSession implements Session {
  readonly exchanger: Exchanger;
  capabilities: EsmtpCapabilities;
  certificate: ServerCertificate | undefined;
  readonly #hello: HelloOptions;
  #link: SmtpLink;

  /** `link` has greeted already. */
  constructor(link: SmtpLink, exchanger: Exchanger, capabilities: EsmtpCapabilities, hello: HelloOptions) {
    this.#link = link;
    this.#hello = hello;
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

  async secure(serverName: string): Promise<ServerCertificate> {
    const { link, capabilities, certificate } = await startTls(this.#link, { ...this.#hello, serverName });
    this.#link = link;
    this.capabilities = capabilities;
    this.certificate = certificate;
    link.watchSilence();
    return certificate;
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
