/** Does a piece of work again and again until it is told to stop. */

/** About every so many milliseconds: not all hosts of the world at the same second. The next one waits until this one is done. */
export function repeat(work: () => Promise<void>, everyMs: number): { stop(): void } {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  function wait(): void {
    if (!isStopped) timer = setTimeout(() => void work().finally(wait), everyMs * (0.75 + Math.random() / 2));
  }
  wait();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
