/** The sessions with one exchanger, and who waits in line for one. It knows nothing of other exchangers. */
import { OnionmxError } from '../errors.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { SmtpSession } from './smtp-session.ts';

interface Waiter {
  readonly resolve: (session: SmtpSession) => void;
  readonly reject: (error: OnionmxError) => void;
}

interface Resting {
  readonly session: SmtpSession;
  readonly sinceMs: number;
  timer: NodeJS.Timeout;
}

export class ExchangerSessions {
  readonly exchanger: Exchanger;
  /** How many are being opened. */
  opening = 0;
  readonly #limits: PoolLimits;
  readonly #busy = new Set<SmtpSession>();
  /** The one that was used last at the end: those that are too many age at the front. */
  readonly #resting: Resting[] = [];
  readonly #line: Waiter[] = [];
  #crowd: { readonly most: number; readonly untilMs: number } | undefined;

  constructor(exchanger: Exchanger, limits: PoolLimits) {
    this.exchanger = exchanger;
    this.#limits = limits;
  }

  get size(): number {
    return this.#busy.size + this.#resting.length + this.opening;
  }

  get isUnused(): boolean {
    return this.size === 0 && this.#line.length === 0;
  }

  get wantsMore(): boolean {
    return this.#line.length > this.opening && this.size < this.#most;
  }

  /** Since when its longest rest lasts. */
  get restsSinceMs(): number | undefined {
    return this.#resting[0]?.sinceMs;
  }

  get usable(): readonly SmtpSession[] {
    return [...this.#resting.map(({ session }) => session), ...this.#busy].filter(
      (session) => session.isUsable,
    );
  }

  /** One that rests, if any; it is busy then. */
  take(): SmtpSession | undefined {
    for (let found = this.#resting.pop(); found !== undefined; found = this.#resting.pop()) {
      clearTimeout(found.timer);
      if (found.session.isUsable) {
        this.#busy.add(found.session);
        return found.session;
      }
      void found.session.close();
    }
    return undefined;
  }

  /** For the one that has waited longest, else to rest. It may have been busy, or be new. */
  give(session: SmtpSession): void {
    const waiter = this.#line.shift();
    if (waiter === undefined) {
      this.#busy.delete(session);
      this.#rest(session);
    } else {
      this.#busy.add(session);
      waiter.resolve(session);
    }
  }

  /** It is busy no more, and ended. */
  drop(session: SmtpSession): void {
    this.#busy.delete(session);
    void session.close();
  }

  /** In the place of a busy one that has broken. */
  replace(broken: SmtpSession, fresh: SmtpSession): void {
    this.drop(broken);
    this.#busy.add(fresh);
  }

  waitInLine(untilMs: number): Promise<SmtpSession> {
    return new Promise((resolve, reject) => {
      const leave = () => clearTimeout(timer);
      const waiter: Waiter = {
        resolve: (session) => {
          leave();
          resolve(session);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => {
          this.#line.splice(this.#line.indexOf(waiter), 1);
          reject(this.#allBusy());
        },
        Math.max(0, untilMs - performance.now()),
      );
      this.#line.push(waiter);
    });
  }

  /** One could not be opened. With others there they are all it takes for now; without, nobody need wait any longer. */
  noteFailure(error: OnionmxError): void {
    if (this.size > 0) {
      this.#crowd = { most: this.size, untilMs: performance.now() + this.#limits.crowdMs };
      return;
    }
    this.#crowd = undefined;
    for (const waiter of this.#line.splice(0)) waiter.reject(error);
  }

  /** Ends the one that rests longest. */
  endLongestRest(): void {
    const longest = this.#resting.shift();
    if (longest !== undefined) void this.#end(longest);
  }

  /** Resolves when those that rest are closed; what is under way is cut off. */
  async stop(why: OnionmxError): Promise<void> {
    for (const waiter of this.#line.splice(0)) waiter.reject(why);
    for (const session of this.#busy) session.cutOff();
    await Promise.all(this.#resting.splice(0).map((resting) => this.#end(resting)));
  }

  get #most(): number {
    if (this.#crowd === undefined || performance.now() > this.#crowd.untilMs)
      return this.#limits.perExchanger;
    return Math.max(1, this.#crowd.most);
  }

  #rest(session: SmtpSession): void {
    const { furtherRestMs, lastRestMs } = this.#limits;
    const expire = () => {
      if (this.size > 1) this.#leave(resting);
      else resting.timer = setTimeout(() => this.#leave(resting), lastRestMs - furtherRestMs).unref();
    };
    const timer = setTimeout(expire, furtherRestMs).unref();
    const resting: Resting = { session, sinceMs: performance.now(), timer };
    this.#resting.push(resting);
  }

  #leave(resting: Resting): void {
    const place = this.#resting.indexOf(resting);
    if (place >= 0) this.#resting.splice(place, 1);
    void this.#end(resting);
  }

  #end({ session, timer }: Resting): Promise<void> {
    clearTimeout(timer);
    return session.close();
  }

  #allBusy(): OnionmxError {
    const message = `no session with ${formatExchanger(this.exchanger)} became free in time: ${this.#busy.size} are busy, and ${this.#line.length} more wait`;
    return new OnionmxError('exchanger-busy', message, {
      hint: `\`onionmx probe ${formatExchanger(this.exchanger)}\` shows how fast it answers; the MTA keeps the message and tries again`,
    });
  }
}
