/** The clock of the supervision of tor, as an argument: tests bring their own. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Timing {
  /** Milliseconds since any fixed moment; never goes backwards. */
  now(): number;
  /** Rejects when the signal is aborted. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
}

export const realTiming: Timing = {
  now: () => performance.now(),
  wait: (durationMs, signal) => delay(durationMs, undefined, { signal }),
};
