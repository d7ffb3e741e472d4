/**
 * One LMTP endpoint for all onion mail, for MTAs that cannot have a destination per exchanger: it routes by recipient.
 * It greets before it knows any exchanger, so it offers everything; what an exchanger cannot do is that recipient's failure.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Listener, listen } from '../net/listen.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import { plainReply } from '../protocol/plain-reply.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { Decision } from '../routing/route.ts';
import { converse, defaultIdleMs } from './lmtp-conversation.ts';
import type { MessageBody, MessageReceiver } from './lmtp-receiver.ts';
import { replyForFailure, replyForOutcome } from './reply-for-outcome.ts';
import type { TlsOptions } from './prepare-session.ts';
import { type Destination, transactWithAll } from './routing-transaction.ts';
import type { Envelope, EnvelopePath, SessionSource } from './session.ts';

interface RoutingEndpointOptions extends RoutingReceiverOptions {
  /** A loopback TCP address or a Unix-domain socket. */
  readonly address: SocketAddress;
  /** Permission bits and group of a Unix-domain socket, as `listen` takes them. */
  readonly mode?: number;
  readonly gid?: number;
}

interface RoutingReceiverOptions extends TlsOptions {
  readonly route: (domain: DomainName) => Promise<Decision>;
  readonly sessions: SessionSource;
  readonly log: Log;
}

const name = 'onionmx';

/** Throws `listen-failed`. */
export function startRoutingEndpoint(options: RoutingEndpointOptions): Promise<Listener> {
  return listen(options.address, {
    ...options,
    onConnection: (connection) =>
      void converse(connection, new RoutingReceiver(options), {
        name,
        log: options.log,
        idleMs: defaultIdleMs,
      }),
  });
}

class RoutingReceiver implements MessageReceiver {
  readonly offer = { eightBitMime: true, smtpUtf8: true, dsn: true, requireTls: true, maxMessageBytes: 0 };
  readonly #options: RoutingReceiverOptions;
  /** Where each domain of this transaction goes: decided at RCPT, the same after DATA. */
  readonly #exchangers = new Map<DomainName, ExchangerSet>();

  constructor(options: RoutingReceiverOptions) {
    this.#options = options;
  }

  beginTransaction(): Promise<undefined> {
    this.#exchangers.clear();
    return Promise.resolve(undefined);
  }

  async acceptRecipient({ path }: EnvelopePath): Promise<SmtpReply> {
    try {
      const domain = domainOf(path);
      const { route } = await this.#options.route(domain);
      if (route.kind === 'onion') this.#exchangers.set(domain, route.exchangers);
      return replyForRoute(domain, route);
    } catch (error) {
      return replyForFailure(toOnionmxError(error));
    }
  }

  async deliver({ sender, recipients }: Envelope, body: MessageBody): Promise<readonly SmtpReply[]> {
    const destinations = recipients.map((recipient): Destination => {
      const exchangers = this.#exchangers.get(domainOf(recipient.path));
      if (exchangers === undefined) throw new OnionmxError('bug', 'a recipient was accepted without a route');
      return { recipient, exchangers };
    });
    const outcomes = await transactWithAll({ ...this.#options, sender, destinations, body, endpoint: name });
    return outcomes.map(replyForOutcome);
  }
}

function domainOf(path: string): DomainName {
  return parseDomainName(domainOfAddress(path) ?? '');
}

/** Mail for the clear net is refused for the time being only: a wrong transport entry must not bounce it. */
function replyForRoute(domain: DomainName, route: Decision['route']): SmtpReply {
  switch (route.kind) {
    case 'onion':
      return plainReply(250, '2.1.5 Ok');
    case 'clearnet':
      return plainReply(450, `4.4.4 ${domain} has no onion mail exchanger: ${route.reason}`);
    case 'defer':
      return plainReply(451, `${route.status} ${route.reason}`);
    case 'reject':
      return plainReply(550, `${route.status} ${route.reason}`);
  }
}
