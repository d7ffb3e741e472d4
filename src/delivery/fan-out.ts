/**
 * Gives one stream of bytes to several consumers in lock step with the slowest, so that memory stays bounded.
 * A consumer that is done, or stops reading, holds nobody up; when the source fails, all that still read fail.
 */
import { OnionmxError } from '../errors.ts';

type Bytes = AsyncIterable<Uint8Array>;
type Step = IteratorResult<Uint8Array>;

interface Wait {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** Resolves with every consumer's result, in their order. The source is read no further than all readers want it. */
export function fanOut<T>(source: Bytes, consumers: readonly ((body: Bytes) => Promise<T>)[]): Promise<T[]> {
  const fan = new Fan(source, consumers.length);
  return Promise.all(
    consumers.map((consume) => {
      const branch = new Branch(fan);
      return consume({ [Symbol.asyncIterator]: () => branch }).finally(() => branch.leave());
    }),
  );
}

class Fan {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #waits = new Set<Wait>();
  #readers: number;

  constructor(source: Bytes, readers: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#readers = readers;
  }

  await(wait: Wait): void {
    this.#waits.add(wait);
    this.#moveOn();
  }

  leave(wait: Wait | undefined): void {
    if (wait !== undefined) this.#waits.delete(wait);
    this.#readers--;
    this.#moveOn();
  }

  /** Reads on once every reader waits. Whoever is served waits no more, so that no second read can start meanwhile. */
  #moveOn(): void {
    if (this.#readers === 0 || this.#waits.size < this.#readers) return;
    const served = [...this.#waits];
    this.#waits.clear();
    this.#source.next().then(
      (step) => served.forEach((wait) => wait.resolve(step)),
      (error: unknown) => served.forEach((wait) => wait.reject(error)),
    );
  }
}

class Branch implements AsyncIterator<Uint8Array> {
  readonly #fan: Fan;
  #wait: Wait | undefined;
  #hasLeft = false;

  constructor(fan: Fan) {
    this.#fan = fan;
  }

  next(): Promise<Step> {
    // what has passed since cannot be had again: a message with a hole must not look whole
    if (this.#hasLeft) return Promise.reject(new OnionmxError('bug', 'read on after leaving the message'));
    return new Promise((resolve, reject) => {
      this.#wait = { resolve, reject };
      this.#fan.await(this.#wait);
    });
  }

  return(): Promise<Step> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#fan.leave(this.#wait);
  }
}
