/**
 * Receives mail for one exchanger set. Before the first word it is known that an exchanger answers, and what it offers. A session is
 * held only while a message passes, so that many clients share few.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, endpointNameOf, formatExchanger } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import { plainReply } from '../protocol/plain-reply.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import { logOutcomes } from './endpoint-log.ts';
import type { LmtpOffer, MessageBody, MessageReceiver } from './lmtp-receiver.ts';
import { closingReply, replyForFailure, replyForOutcome } from './reply-for-outcome.ts';
import {
  type PreparedSession,
  prepareSession,
  type TlsOptions,
  transactPrepared,
} from './prepare-session.ts';
import { flightBytes } from './body-blocks.ts';
import { readAhead } from './read-ahead.ts';
import type {
  CommonOffer,
  Envelope,
  EnvelopePath,
  RecipientOutcome,
  Session,
  SessionSource,
} from './session.ts';

export interface EndpointReceiverOptions extends TlsOptions {
  readonly exchangers: ExchangerSet;
  readonly sessions: SessionSource;
  /** Whether the domain's route leads to this very set, now. */
  readonly stillLeadsHere: (domain: DomainName, exchangers: ExchangerSet) => Promise<boolean>;
  readonly log: Log;
}

/** Throws what `SessionSource.learnOffer` throws: no exchanger of the set can be talked to. */
export async function openEndpointReceiver(options: EndpointReceiverOptions): Promise<EndpointReceiver> {
  return new EndpointReceiver(options, await options.sessions.learnOffer(options.exchangers));
}

class EndpointReceiver implements MessageReceiver {
  readonly offer: LmtpOffer;
  readonly #options: EndpointReceiverOptions;

  constructor(options: EndpointReceiverOptions, offer: CommonOffer) {
    this.#options = options;
    this.offer = toLmtpOffer(offer);
  }

  async beginTransaction(): Promise<SmtpReply | undefined> {
    const { sessions, exchangers } = this.#options;
    try {
      // the client holds us to what it was offered: it must come again and hear the new offer
      if (canKeep(this.offer, await sessions.learnOffer(exchangers))) return undefined;
      return closingReply(offersLess(endpointNameOf(exchangers)));
    } catch (error) {
      return closingReply(toOnionmxError(error));
    }
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

  /** The session is taken when the first of the message, mostly all of it, is here: it waits for no client then. */
  async deliver(envelope: Envelope, body: MessageBody): Promise<readonly SmtpReply[]> {
    const { exchangers, log } = this.#options;
    const startMs = performance.now();
    const { outcomes, exchanger = exchangers[0] } = await this.#deliver(envelope, body);
    const ms = Math.round(performance.now() - startMs);
    const facts = { endpoint: endpointNameOf(exchangers), exchanger, bytes: body.bytesRead, ms };
    logOutcomes(log, facts, envelope.recipients, outcomes);
    return outcomes.map(replyForOutcome);
  }

  async #deliver(envelope: Envelope, body: MessageBody): Promise<Delivery> {
    const { sessions, exchangers } = this.#options;
    try {
      const message = await readAhead(body, flightBytes);
      let session = await sessions.acquire(exchangers);
      try {
        const found = canKeep(this.offer, session.capabilities)
          ? await prepareSession(session, envelope, this.#options)
          : refuseAll(session, envelope);
        session = found.session;
        const outcomes = await transactPrepared(found, envelope, message);
        return { outcomes, exchanger: session.exchanger };
      } finally {
        sessions.release(session);
      }
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      return { outcomes: envelope.recipients.map(() => ({ kind: 'failed', error })) };
    }
  }
}

interface Delivery {
  readonly outcomes: readonly RecipientOutcome[];
  /** undefined: there was none to talk to. */
  readonly exchanger?: Exchanger;
}

function refuseAll(session: Session, { recipients }: Envelope): PreparedSession {
  const error = offersLess(formatExchanger(session.exchanger));
  return { session, refusals: recipients.map(() => error) };
}

function offersLess(name: string): OnionmxError {
  return new OnionmxError('exchanger-refused', `${name} offers less than was offered here: connect again`);
}

function toLmtpOffer({ startTls, requireTls, ...offer }: CommonOffer): LmtpOffer {
  // whether TLS is good enough is seen when a message needs it: it costs round trips
  return { ...offer, requireTls: startTls || requireTls };
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
