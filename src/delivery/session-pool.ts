/**
 * Sessions that are used again, by all endpoints: so many with each exchanger, so many in all, and whoever wants one more waits
 * in line. When all are in use, an exchanger with fewer gets the next place: a slow one, whose sessions stay busy, keeps nobody out.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { defaultTimeoutsMs, type SmtpTimeoutsMs } from '../net/smtp-timeouts.ts';
import { type Exchanger, type ExchangerSet, endpointNameOf, formatExchanger } from '../protocol/exchanger.ts';
import { commonOfferOf } from './common-offer.ts';
import { ExchangerSessions } from './exchanger-sessions.ts';
import { openSession } from './open-session.ts';
import { defaultPoolLimits, type PoolLimits } from './pool-limits.ts';
import type { CommonOffer, Session, SessionSource } from './session.ts';
import { SessionLease } from './session-lease.ts';
import type { SmtpSession } from './smtp-session.ts';
import { tryInOrder } from './try-in-order.ts';

export interface SessionPoolOptions {
  readonly dialExchanger: (exchanger: Exchanger) => Promise<Connection>;
  /** In which order to try them now, each once. */
  readonly orderExchangers: (exchangers: ExchangerSet) => readonly Exchanger[];
  readonly heloName: string;
  readonly timeoutsMs?: SmtpTimeoutsMs;
  readonly limits?: Partial<PoolLimits>;
  /** See start-tls.ts. */
  readonly ca?: string;
  readonly log: Log;
}

export class SessionPool implements SessionSource {
  readonly #options: SessionPoolOptions;
  readonly #timeoutsMs: SmtpTimeoutsMs;
  readonly #limits: PoolLimits;
  readonly #exchangers = new Map<string, ExchangerSessions>();
  readonly #leases = new Map<Session, { readonly lease: SessionLease; readonly owner: ExchangerSessions }>();
  readonly #greetings = new Map<string, Promise<CommonOffer>>();
  #isStopped = false;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#timeoutsMs = options.timeoutsMs ?? defaultTimeoutsMs;
    this.#limits = { ...defaultPoolLimits, ...options.limits };
  }

  async learnOffer(exchangers: ExchangerSet): Promise<CommonOffer> {
    const usable = exchangers.flatMap((one) => this.#exchangers.get(formatExchanger(one))?.usable ?? []);
    if (usable.length > 0) return commonOfferOf(usable.map(toOffer));
    // many clients may come at once: one session is enough to find out for all of them
    const name = endpointNameOf(exchangers);
    const known = this.#greetings.get(name);
    if (known !== undefined) return known;
    const asking = this.#greet(exchangers).finally(() => this.#greetings.delete(name));
    this.#greetings.set(name, asking);
    return asking;
  }

  async acquire(exchangers: ExchangerSet): Promise<Session> {
    const untilMs = performance.now() + this.#limits.lineMs;
    return tryInOrder({
      exchangers: this.#options.orderExchangers(exchangers),
      attempt: (exchanger) => this.#take(exchanger, untilMs),
      timeMs: this.#timeoutsMs.lastAttempt,
      log: this.#options.log,
    });
  }

  release(session: Session): void {
    const held = this.#leases.get(session);
    if (held === undefined) return;
    this.#leases.delete(session);
    const { owner } = held;
    const { current } = held.lease;
    if (current.isSpent || this.#isStopped || this.#isNeededElsewhere(owner)) owner.drop(current);
    else owner.give(current);
    this.#serve();
  }

  /** Ends all sessions. What is under way is cut off: the MTA keeps the message. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#exchangers.values()].map((owner) => owner.stop(stopped())));
  }

  async #greet(exchangers: ExchangerSet): Promise<CommonOffer> {
    const session = await this.acquire(exchangers);
    const offer = commonOfferOf([toOffer(session)]);
    this.release(session);
    return offer;
  }

  async #take(exchanger: Exchanger, untilMs: number): Promise<Session> {
    if (this.#isStopped) throw stopped();
    const name = formatExchanger(exchanger);
    const owner = this.#exchangers.get(name) ?? new ExchangerSessions(exchanger, this.#limits);
    this.#exchangers.set(name, owner);
    const resting = owner.take();
    if (resting !== undefined) return this.#lend(resting, owner);
    const waiting = owner.waitInLine(untilMs);
    this.#serve();
    return this.#lend(await waiting, owner);
  }

  #lend(session: SmtpSession, owner: ExchangerSessions): Session {
    const lease = new SessionLease(session, (broken) => this.#renew(broken, owner));
    this.#leases.set(lease, { lease, owner });
    return lease;
  }

  /** In the place of the broken one, so it needs no room; and a new one, since those that rest may be broken as well. */
  async #renew(broken: SmtpSession, owner: ExchangerSessions): Promise<SmtpSession> {
    const fresh = await this.#dial(owner.exchanger);
    owner.replace(broken, fresh);
    if (this.#isStopped) fresh.cutOff();
    return fresh;
  }

  async #dial(exchanger: Exchanger): Promise<SmtpSession> {
    const { dialExchanger, heloName, ca } = this.#options;
    const connection = await dialExchanger(exchanger);
    return openSession(connection, exchanger, { heloName, timeoutsMs: this.#timeoutsMs, ca });
  }

  /** Opens what is wanted and there is room for, for those first who have least. */
  #serve(): void {
    for (const [name, owner] of this.#exchangers) if (owner.isUnused) this.#exchangers.delete(name);
    for (let poorest = this.#poorest(); poorest !== undefined; poorest = this.#poorest()) {
      if (!this.#makeRoom()) return;
      void this.#open(poorest);
    }
  }

  async #open(owner: ExchangerSessions): Promise<void> {
    owner.opening++;
    const opened = await this.#dial(owner.exchanger).catch(toOnionmxError);
    owner.opening--;
    if (opened instanceof OnionmxError) owner.noteFailure(opened);
    else if (this.#isStopped) owner.drop(opened);
    else owner.give(opened);
    this.#serve();
  }

  #poorest(): ExchangerSessions | undefined {
    if (this.#isStopped) return undefined;
    const wanting = [...this.#exchangers.values()].filter(({ wantsMore }) => wantsMore);
    return wanting.sort((one, other) => one.size - other.size)[0];
  }

  #makeRoom(): boolean {
    if (this.#sizeOfAll() < this.#limits.inAll) return true;
    const [, longest] = [...this.#exchangers.values()]
      .flatMap((owner) => (owner.restsSinceMs === undefined ? [] : [[owner.restsSinceMs, owner] as const]))
      .reduce<readonly [number, ExchangerSessions | undefined]>(
        (found, next) => (next[0] < found[0] ? next : found),
        [Number.POSITIVE_INFINITY, undefined],
      );
    longest?.endLongestRest();
    return longest !== undefined;
  }

  /** Somebody waits whose exchanger has clearly fewer, and nothing else makes room. */
  #isNeededElsewhere({ size }: ExchangerSessions): boolean {
    const poorest = this.#poorest();
    return poorest !== undefined && poorest.size + 1 < size && this.#sizeOfAll() >= this.#limits.inAll;
  }

  #sizeOfAll(): number {
    let sum = 0;
    for (const { size } of this.#exchangers.values()) sum += size;
    return sum;
  }
}

function stopped(): OnionmxError {
  return new OnionmxError('exchanger-busy', 'onionmx is being stopped');
}

/** One that went inside TLS could do so. */
function toOffer({ capabilities, certificate }: Session): CommonOffer {
  return { ...capabilities, startTls: capabilities.startTls || certificate !== undefined };
}
