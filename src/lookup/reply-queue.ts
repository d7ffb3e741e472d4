/**
 * The replies of one connection: made at the same time, in whatever order they become ready, and taken in the order of
 * the requests. Bounded: who adds waits for room.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

interface Slot {
  bytes?: Uint8Array;
}

export class ReplyQueue {
  readonly #maxReplies: number;
  readonly #slots: Slot[] = [];
  readonly #waiters = new Set<() => void>();
  #isEnded = false;
  /** What was taken may not have been written yet. */
  #isTaken = false;
  #failure: { readonly thrown: unknown } | undefined;

  /** `maxReplies`: how many may be asked for and not yet taken. */
  constructor(maxReplies: number) {
    this.#maxReplies = maxReplies;
  }

  /** Nothing is owed, and nothing is on its way: a reply that is there already need not queue. */
  get isIdle(): boolean {
    return this.#slots.length === 0 && !this.#isTaken;
  }

  /** Waits until there is room, then runs `makeReply`. When that rejects, the queue fails. Throws when it has failed. */
  async add(makeReply: () => Promise<Uint8Array>): Promise<void> {
    while (this.#slots.length >= this.#maxReplies) await this.#waitForChange();
    this.#throwIfFailed();
    const slot: Slot = {};
    this.#slots.push(slot);
    void this.#fill(slot, makeReply);
  }

  /** No more will be added. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Ends all waiting on either side with this error. */
  fail(thrown: unknown): void {
    this.#failure ??= { thrown };
    this.#wake();
  }

  /** All replies that are ready and due, at least one; undefined after the last. Throws when the queue has failed. */
  async take(): Promise<Uint8Array | undefined> {
    this.#isTaken = false;
    while (this.#slots[0]?.bytes === undefined) {
      this.#throwIfFailed();
      if (this.#isEnded && this.#slots.length === 0) return undefined;
      await this.#waitForChange();
    }
    await nextTurn(); // the answers to requests that came together are mostly ready together: let them leave together
    return this.#removeReady();
  }

  async #fill(slot: Slot, makeReply: () => Promise<Uint8Array>): Promise<void> {
    try {
      slot.bytes = await makeReply();
      this.#wake();
    } catch (error) {
      this.fail(error);
    }
  }

  #removeReady(): Uint8Array {
    this.#isTaken = true;
    const firstPending = this.#slots.findIndex((slot) => slot.bytes === undefined);
    const ready = this.#slots.splice(0, firstPending < 0 ? this.#slots.length : firstPending);
    this.#wake();
    return Buffer.concat(ready.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes])));
  }

  async #waitForChange(): Promise<void> {
    this.#throwIfFailed();
    await new Promise<void>((resolve) => this.#waiters.add(resolve));
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
