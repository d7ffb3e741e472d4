/** Shows steps as they are done, one line each; on a terminal also a line that counts the seconds in between. */
import process from 'node:process';
import { dim, say } from './show.ts';

export interface Progress {
  /** A step is done, and took so long. */
  readonly done: (step: string, elapsedMs: number) => void;
  /** Does the work and shows it as a step. */
  readonly time: <T>(step: string, work: () => Promise<T>) => Promise<T>;
  readonly stop: () => void;
}

const clearLine = '\r\u001b[K';
const tickMs = 1000;

export function startProgress(): Progress {
  const isLive = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  const startedMs = performance.now();
  const tick = () => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stdout.write(clearLine + dim(`  ${String(seconds).padStart(5)} s  so far`));
  };
  const timer = isLive ? setInterval(tick, tickMs) : undefined;
  const clear = () => void (isLive && process.stdout.write(clearLine));
  const done = (step: string, elapsedMs: number) => {
    clear();
    say(stepLine(step, elapsedMs));
  };
  return {
    done,
    time: async (step, work) => {
      const beganMs = performance.now();
      const result = await work();
      done(step, performance.now() - beganMs);
      return result;
    },
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function stepLine(step: string, elapsedMs: number): string {
  return `  ${(elapsedMs / 1000).toFixed(1).padStart(5)} s  ${step}`;
}
