/** Receives mail for one exchanger set: a session is there before the first word, and one serves all transactions it can. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { type ExchangerSet, endpointNameOf, formatExchanger } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import { plainReply } from '../protocol/plain-reply.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import { logOutcomes } from './endpoint-log.ts';
import type { LmtpOffer, MessageBody, MessageReceiver } from './lmtp-receiver.ts';
import { closingReply, replyForFailure, replyForOutcome } from './reply-for-outcome.ts';
import { prepareSession, type TlsOptions, transactPrepared } from './prepare-session.ts';
import type { Envelope, EnvelopePath, Session, SessionSource } from './session.ts';

export interface EndpointReceiverOptions extends TlsOptions {
  readonly exchangers: ExchangerSet;
  readonly sessions: SessionSource;
  /** Whether the domain's route leads to this very set, now. */
  readonly stillLeadsHere: (domain: DomainName, exchangers: ExchangerSet) => Promise<boolean>;
  readonly log: Log;
}

/** Throws what `SessionSource.acquire` throws: no exchanger of the set can be talked to. */
export async function openEndpointReceiver(options: EndpointReceiverOptions): Promise<EndpointReceiver> {
  return new EndpointReceiver(options, await options.sessions.acquire(options.exchangers));
}

class EndpointReceiver implements MessageReceiver {
  readonly offer: LmtpOffer;
  readonly #options: EndpointReceiverOptions;
  #session: Session | undefined;

  constructor(options: EndpointReceiverOptions, session: Session) {
    this.#options = options;
    this.#session = session;
    const { startTls, requireTls } = session.capabilities;
    // it is seen when such a message comes: TLS costs round trips
    this.offer = { ...session.capabilities, requireTls: startTls || requireTls };
  }

  async beginTransaction(): Promise<SmtpReply | undefined> {
    if (this.#session?.isUsable === true) return undefined;
    this.release();
    try {
      this.#session = await this.#options.sessions.acquire(this.#options.exchangers);
    } catch (error) {
      return closingReply(toOnionmxError(error));
    }
    // the client holds us to what it was offered: it must come again and hear the new offer
    const { exchanger, capabilities } = this.#session;
    if (canKeep(this.offer, capabilities)) return undefined;
    return plainReply(
      421,
      `4.3.2 ${formatExchanger(exchanger)} offers less than was offered here: connect again`,
    );
  }

  async acceptRecipient({ path }: EnvelopePath): Promise<SmtpReply> {
    try {
      const domain = parseDomainName(domainOfAddress(path) ?? '');
      if (await this.#options.stillLeadsHere(domain, this.#options.exchangers))
        return plainReply(250, '2.1.5 Ok');
      const text = `${domain} does not use this exchanger any more: the MTA will ask again`;
      return plainReply(451, `4.4.0 ${text}`);
    } catch (error) {
      return replyForFailure(toOnionmxError(error));
    }
  }

  async deliver(envelope: Envelope, body: MessageBody): Promise<readonly SmtpReply[]> {
    const { exchangers } = this.#options;
    if (this.#session === undefined)
      throw new OnionmxError('bug', 'a message came before there was a session');
    const startMs = performance.now();
    const prepared = await prepareSession(this.#session, envelope, this.#options);
    const { session } = prepared;
    this.#session = session;
    const outcomes = await transactPrepared(prepared, envelope, body);
    const facts = {
      endpoint: endpointNameOf(exchangers),
      exchanger: session.exchanger,
      bytes: body.bytesRead,
      ms: Math.round(performance.now() - startMs),
    };
    logOutcomes(this.#options.log, facts, envelope.recipients, outcomes);
    return outcomes.map(replyForOutcome);
  }

  /** Gives the session back. Safe to call twice. */
  release(): void {
    if (this.#session !== undefined) this.#options.sessions.release(this.#session);
    this.#session = undefined;
  }
}

function canKeep(offered: LmtpOffer, now: LmtpOffer): boolean {
  return (
    (now.eightBitMime || !offered.eightBitMime) &&
    (now.smtpUtf8 || !offered.smtpUtf8) &&
    (now.dsn || !offered.dsn) &&
    (offered.maxMessageBytes === undefined || sizeLimitOf(now) >= sizeLimitOf(offered))
  );
}

function sizeLimitOf({ maxMessageBytes = 0 }: LmtpOffer): number {
  return maxMessageBytes === 0 ? Number.POSITIVE_INFINITY : maxMessageBytes;
}
