/** Work behind the lookups: so much at once, so much waiting, and no more. */

/** Settles with the work; undefined: too much waits, and the work is not taken. */
type Enqueue = (work: () => Promise<void>) => Promise<void> | undefined;

export function createWorkQueue(maxAtOnce: number, maxWaiting: number): Enqueue {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function takeTurn(work: () => Promise<void>): Promise<void> {
    if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return (work) => (waiting.length >= maxWaiting ? undefined : takeTurn(work));
}
