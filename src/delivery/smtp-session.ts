/** A session with one exchanger: transactions one after the other on one connection, with RSET between them where needed. */
import { toOnionmxError } from '../errors.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { buildEnvelopeCommands, type Envelope } from '../protocol/smtp-envelope.ts';
import { isRefusal } from '../protocol/smtp-reply.ts';
import type { MessageSource } from './read-ahead.ts';
import { BodyBlocks } from './body-blocks.ts';
import type { RecipientOutcome, Session } from './session.ts';
import type { SmtpLink } from '../net/smtp-link.ts';
import { type ServerCertificate, startTls, type StartTlsOptions } from '../net/start-tls.ts';
import { SmtpTransaction } from './smtp-transaction.ts';

type HelloOptions = Omit<StartTlsOptions, 'serverName'>;

/**
 * What servers bear in one session by default, less a margin: OpenSMTPD 100 messages (Exim 1000); Postfix 10 refusals since the
 * last message before it slows down, 20 before it hangs up; Exim 10 RSETs beside one for each message.
 */
const bearable = { messages: 90, refusals: 8, resets: 8 };

export interface Attempt {
  /** One per recipient, in the order given. */
  readonly outcomes: readonly RecipientOutcome[];
  /** It failed, and the exchanger cannot have taken the message. */
  readonly isRepeatable: boolean;
}

export class SmtpSession implements Session {
  readonly exchanger: Exchanger;
  capabilities: EsmtpCapabilities;
  certificate: ServerCertificate | undefined;
  /** The name that the certificate was asked for by. */
  securedFor: string | undefined;
  readonly #hello: HelloOptions;
  #messages = 0;
  #resets = 0;
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

  /** It can carry no other transaction, or should not: the exchanger would soon have enough of it. */
  get isSpent(): boolean {
    if (!this.isUsable || this.#messages >= bearable.messages) return true;
    return this.#link.refusals >= bearable.refusals || this.#resets >= bearable.resets;
  }

  async transact(envelope: Envelope, body: MessageSource): Promise<readonly RecipientOutcome[]> {
    const blocks = new BodyBlocks(body);
    const { outcomes } = await this.attempt(envelope, blocks);
    await blocks.leave();
    return outcomes;
  }

  /** As `transact`; whoever calls leaves the body when it is not wanted any more. */
  async attempt(envelope: Envelope, body: BodyBlocks): Promise<Attempt> {
    try {
      const commands = buildEnvelopeCommands(envelope, this.capabilities, this.#link.name);
      return await this.#deliver(new SmtpTransaction(this.#link, this.capabilities, commands, body));
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      return { outcomes: envelope.recipients.map(() => ({ kind: 'failed', error })), isRepeatable: false };
    }
  }

  async secure(serverName: string): Promise<ServerCertificate> {
    const { link, capabilities, certificate } = await startTls(this.#link, { ...this.#hello, serverName });
    this.#link = link;
    this.capabilities = capabilities;
    this.certificate = certificate;
    this.securedFor = serverName;
    link.watchSilence();
    return certificate;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Ends it as it is, also in the middle of a message. */
  cutOff(): void {
    this.#link.cutOff();
  }

  async #deliver(transaction: SmtpTransaction): Promise<Attempt> {
    this.#messages++;
    const outcomes = await transaction.run();
    if (transaction.isAccepted) this.#link.refusals = 0;
    if (this.isUsable && !transaction.isOver) await this.#reset();
    this.#link.watchSilence();
    return { outcomes, isRepeatable: transaction.isRepeatable };
  }

  /** A session that cannot be reset is of no use; the outcomes stand. */
  async #reset(): Promise<void> {
    this.#resets++;
    const isReset = await this.#link.ask('RSET', 'RSET').then(
      (reply) => !isRefusal(reply),
      () => false,
    );
    if (!isReset) this.#link.cutOff();
  }
}
