/** Follows tor's bootstrap: what it said last, and a line in the log for each quarter. */
import type { Log } from '../log.ts';
import { type Bootstrap, isMilestone, parseBootstrap } from './bootstrap.ts';

const notStarted: Bootstrap = { percent: 0, summary: 'not started' };

export class BootstrapProgress {
  current: Bootstrap = notStarted;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
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
  }

  /** tor has ended, and will begin anew. */
  reset(): void {
    this.current = notStarted;
  }
}
