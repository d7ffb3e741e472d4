/** Keeps a tor alive: when it ends it is started again, each time later while it dies young. */
import { toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { TorLife } from './launch-tor.ts';
import { nextRestartDelayMs } from './restart-delay.ts';
import type { Timing } from './timing.ts';

export interface SupervisionOptions {
  /** Starts tor once more; it ends when the signal is aborted. */
  readonly launch: (signal: AbortSignal) => Promise<TorLife>;
  readonly onEnd: () => void;
  readonly log: Log;
  readonly timing: Timing;
}

export interface Supervision {
  isRunning(): boolean;
  /** Resolves when no tor of ours is left. */
  stop(): Promise<void>;
}

/** Starts tor at once, and again whenever it ends or cannot be started: whoever needs it is told so by the log and waits. */
export function superviseTor(options: SupervisionOptions): Supervision {
  const stopping = new AbortController();
  const supervisor = new Supervisor(options, stopping.signal);
  const done = supervisor.run();
  return {
    isRunning: () => supervisor.isRunning,
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

class Supervisor {
  readonly #options: SupervisionOptions;
  readonly #signal: AbortSignal;
  #life: TorLife | undefined;
  #delayMs = 0;

  constructor(options: SupervisionOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  async run(): Promise<void> {
    for (;;) {
      this.#life = await this.#launch();
      if (this.#life === undefined) return;
      await this.#outlive(this.#life);
    }
  }

  /** undefined when we are stopping. */
  async #launch(): Promise<TorLife | undefined> {
    const { timing, launch, log } = this.#options;
    while (!this.#signal.aborted) {
      try {
        if (this.#delayMs > 0) await timing.wait(this.#delayMs, this.#signal);
        return await launch(this.#signal);
      } catch (error) {
        if (this.#signal.aborted) return undefined;
        this.#delayMs = nextRestartDelayMs(this.#delayMs, 0);
        log.error({ ...errorFields(toOnionmxError(error)), retryInMs: this.#delayMs }, 'tor does not start');
      }
    }
    return undefined;
  }

  async #outlive(life: TorLife): Promise<void> {
    const { timing, onEnd, log } = this.#options;
    const since = timing.now();
    const how = await life.ended;
    this.#life = undefined;
    onEnd();
    if (this.#signal.aborted) return;
    const upMs = Math.round(timing.now() - since);
    this.#delayMs = nextRestartDelayMs(this.#delayMs, upMs);
    const fields = { how, upMs, restartInMs: this.#delayMs };
    // Status 0: somebody told it to end; when a whole host shuts down that is us, a moment later.
    if (how === 'status 0') log.info(fields, 'tor has ended');
    else log.warn(fields, 'tor has died');
  }
}
