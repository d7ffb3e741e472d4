/** The message cut into blocks: of a size worth a write and a reply, and no more of it in memory than that. */
import type { MessageSource } from './read-ahead.ts';

/** Goes into one flight with the envelope: such a write costs no round trip, and little when it was in vain. */
export const flightBytes = 64 * 1024;
export const chunkBytes = 256 * 1024;

export interface BodyBlock {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

export class BodyBlocks {
  /** When the message had come whole (of performance.now), which the MTA's patience runs from; undefined until then. */
  endedMs: number | undefined;
  readonly #body: MessageSource;
  readonly #source: AsyncIterator<Uint8Array>;
  /** The first block, until a second one is taken; `isAgain`: it comes once more. */
  #first: { readonly block: BodyBlock; isAgain: boolean } | undefined;
  #canRewind = true;

  constructor(body: MessageSource) {
    this.#body = body;
    this.#source = body[Symbol.asyncIterator]();
  }

  /** At least `minBytes`, unless the message ends before; at most one chunk of the source more. Throws what the source throws. */
  async next(minBytes: number): Promise<BodyBlock> {
    if (this.#first?.isAgain === true) {
      this.#first.isAgain = false;
      return this.#first.block;
    }
    const block = await this.#read(minBytes);
    this.#canRewind &&= this.#first === undefined;
    this.#first = this.#canRewind ? { block, isAgain: false } : undefined;
    return block;
  }

  /** Lets the message begin anew. False when more of it has passed than is kept. */
  rewind(): boolean {
    if (this.#canRewind && this.#first !== undefined) this.#first.isAgain = true;
    return this.#canRewind;
  }

  async #read(minBytes: number): Promise<BodyBlock> {
    const parts: Uint8Array[] = [];
    for (let bytes = 0; bytes < minBytes; ) {
      const { done, value } = await this.#source.next();
      if (done === true) {
        this.endedMs = this.#body.endedMs ?? performance.now();
        break;
      }
      parts.push(value);
      bytes += value.length;
    }
    return { bytes: Buffer.concat(parts), isLast: this.endedMs !== undefined };
  }

  /** Tells the source that no more is wanted. A source that fails over that changes nothing any more. */
  async leave(): Promise<void> {
    if (this.endedMs === undefined) await this.#source.return?.().catch(() => undefined);
  }
}
