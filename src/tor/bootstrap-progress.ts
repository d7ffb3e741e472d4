/** Follows tor's bootstrap: what it said last, a line in the log for each quarter, and waiting for its end. */
import { EventEmitter, once } from 'node:events';
import { OnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Bootstrap, isMilestone, parseBootstrap } from './bootstrap.ts';

const notStarted: Bootstrap = { percent: 0, summary: 'not started' };

export class BootstrapProgress {
  current: Bootstrap = notStarted;
  readonly #log: Log;
  readonly #changes = new EventEmitter();
  readonly #ended = new AbortController();

  constructor(log: Log) {
    this.#log = log;
    this.#changes.setMaxListeners(0);
  }

  /** `text` as for parseBootstrap; anything else is passed over. */
  note(text: string): void {
    const report = parseBootstrap(text);
    // In one life tor only comes further; the answer to a question may be read after a newer event.
    if (report === undefined || report.percent < this.current.percent) return;
    const { percent, summary, warning } = report;
    if (warning !== undefined) this.#log.warn({ percent, summary, warning }, 'tor has trouble to connect');
    if (isMilestone(this.current.percent, percent)) this.#log.info({ percent, summary }, 'tor bootstraps');
    this.current = { percent, summary };
    this.#changes.emit('change');
  }

  /** tor has ended, and will begin anew. */
  reset(): void {
    this.current = notStarted;
  }

  /** tor will not come back: whoever waits is told. */
  end(): void {
    this.#ended.abort();
  }

  /** Throws `tor-not-ready` at the deadline, or when it has ended. */
  async waitUntilDone(timeoutMs: number): Promise<void> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      while (this.current.percent < 100) await once(this.#changes, 'change', { signal });
    } catch (cause) {
      throw this.#notReady(timeoutMs, cause);
    }
  }

  #notReady(timeoutMs: number, cause: unknown): OnionmxError {
    const { percent, summary } = this.current;
    const when = this.#ended.signal.aborted ? 'when it was stopped' : `after ${timeoutMs / 1000} s`;
    return new OnionmxError('tor-not-ready', `tor is at ${percent} % (${summary}) ${when}`, {
      hint: 'see whether this host may open connections to the Internet, and its clock: `timedatectl`',
      cause,
    });
  }
}
