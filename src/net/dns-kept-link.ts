/**
 * The one link to a server that questions share (RFC 7766 §6.2.1, §6.2.3): opened at the first question, closed when
 * idle, and opened anew when it is lost or has been used for long.
 */
import { OnionmxError } from '../errors.ts';
import type { DnsQuestion } from '../protocol/dns-query.ts';
import { type DnsLink, tooLate } from './dns-link.ts';

interface KeptLinkOptions {
  /** How errors call the other end. */
  readonly peer: string;
  /** `generation` counts the links that failed. */
  readonly open: (generation: number, timeoutMs: number) => Promise<DnsLink>;
  /** When a link that nobody uses is closed. */
  readonly idleMs?: number;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** Below what servers wait (unbound: 30 s), so that a question seldom meets a link that is just being closed. */
const usualIdleMs = 20_000;
/** As long as Tor uses a circuit (MaxCircuitDirtiness): who answers cannot tie a whole day's questions together. */
const maxAgeMs = 600_000;
/** Longer than one question waits: the next one finds what the first one has begun. A circuit may take that long. */
const openMs = 30_000;

/** One link, from its opening on. */
interface Kept {
  readonly opening: Promise<DnsLink>;
  readonly startedMs: number;
  /** Set once it is open. */
  link?: DnsLink;
  idleTimer?: NodeJS.Timeout;
}

export class KeptDnsLink {
  readonly #options: Required<KeptLinkOptions>;
  #generation = 0;
  #current: Kept | undefined;

  constructor(options: KeptLinkOptions) {
    this.#options = { idleMs: usualIdleMs, now: () => performance.now(), ...options };
  }

  /** Throws what `open` and the link's `ask` throw, `connection-timeout` when either takes too long. */
  async ask(question: DnsQuestion, timeoutMs: number): Promise<Buffer> {
    const deadline = this.#options.now() + timeoutMs;
    const kept = this.#findUsable();
    if (kept?.link === undefined) return this.#askWhenOpen(question, deadline, timeoutMs);
    try {
      return await this.#askOn(kept, kept.link, question, timeoutMs);
    } catch (error) {
      // The server may close an idle link just now. Once: a server that closes all of them is no server.
      if (!(error instanceof OnionmxError) || error.code !== 'connection-lost') throw error;
      return this.#askWhenOpen(question, deadline, timeoutMs);
    }
  }

  async #askWhenOpen(question: DnsQuestion, deadline: number, timeoutMs: number): Promise<Buffer> {
    const kept = this.#findUsable() ?? this.#startOpening();
    const { peer, now } = this.#options;
    // An opening that hangs costs one wait, not one for each question: Postfix asks for one recipient after the other.
    const openBy = Math.min(deadline, kept.startedMs + timeoutMs);
    const link = await within(kept.opening, openBy - now(), tooLate(peer, timeoutMs));
    return this.#askOn(kept, link, question, Math.max(1, Math.ceil(deadline - now())));
  }

  async #askOn(kept: Kept, link: DnsLink, question: DnsQuestion, timeoutMs: number): Promise<Buffer> {
    clearTimeout(kept.idleTimer);
    try {
      return await link.ask(question, timeoutMs);
    } finally {
      this.#settle(kept, link);
    }
  }

  #findUsable(): Kept | undefined {
    const kept = this.#current;
    if (kept === undefined) return undefined;
    if (kept.link?.isUsable === false) this.#giveUp(kept);
    else if (this.#options.now() - kept.startedMs <= maxAgeMs) return kept;
    this.#current = undefined;
    if (kept.link?.waitingCount === 0) this.#close(kept, kept.link);
    return undefined;
  }

  #startOpening(): Kept {
    const { open, now } = this.#options;
    const kept: Kept = { opening: open(this.#generation, openMs), startedMs: now() };
    this.#current = kept;
    void this.#follow(kept);
    return kept;
  }

  /** Also when nobody waits for it any more: the next question finds it. */
  async #follow(kept: Kept): Promise<void> {
    try {
      kept.link = await kept.opening;
      this.#settle(kept, kept.link);
    } catch {
      this.#giveUp(kept);
    }
  }

  /** After each question: what is not to be used again goes at once, the rest when nobody has asked for a while. */
  #settle(kept: Kept, link: DnsLink): void {
    if (!link.isUsable) this.#giveUp(kept);
    if (link.waitingCount > 0) return;
    clearTimeout(kept.idleTimer);
    if (this.#current === kept)
      kept.idleTimer = setTimeout(() => this.#close(kept, link), this.#options.idleMs).unref();
    else this.#close(kept, link);
  }

  /** The next question opens another link, over Tor on another circuit. */
  #giveUp(kept: Kept): void {
    if (this.#current !== kept) return;
    this.#current = undefined;
    this.#generation += 1;
  }

  #close(kept: Kept, link: DnsLink): void {
    if (this.#current === kept) this.#current = undefined;
    clearTimeout(kept.idleTimer);
    link.close();
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number, late: OnionmxError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
