/** Waits for a condition with a deadline. The bed never sleeps for a while and hopes. */
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly intervalMs?: number;
  /** What the reader of a failure needs to see, for example the end of a log. */
  readonly explain?: () => string | Promise<string>;
}

type Answer<T> = T | undefined | false;

/** Resolves with the first answer that is neither `undefined` nor `false`. A condition that throws ends the wait. */
export async function waitFor<T>(
  description: string,
  condition: () => Answer<T> | Promise<Answer<T>>,
  timeoutMs: number,
  options: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= deadline) throw await describeTimeout(description, timeoutMs, options);
    await delay(options.intervalMs ?? 50);
  }
}

async function describeTimeout(description: string, timeoutMs: number, options: WaitOptions): Promise<Error> {
  const detail = await options.explain?.();
  const suffix = detail === undefined || detail === '' ? '' : `\n${detail}`;
  return new Error(`waited ${timeoutMs} ms in vain for: ${description}${suffix}`);
}
