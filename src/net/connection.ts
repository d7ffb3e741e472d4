/**
 * A stream socket as the rest of the house sees it: pull-based reads and awaited writes, each with a deadline,
 * so that back-pressure is the natural state and nothing waits for ever.
 */
import type { Socket } from 'node:net';
import { OnionmxError } from '../errors.ts';

export interface Connection {
  /** Who is at the other end, for logs and errors. */
  readonly peer: string;
  /**
   * The next bytes as they came; null when the peer has ended its side.
   * Throws `connection-timeout` at the deadline and `connection-lost` when the connection breaks. One read at a time.
   */
  read(timeoutMs: number): Promise<Buffer | null>;
  /** Gives bytes back, to be the first that the next read returns. */
  unread(bytes: Buffer): void;
  /** Resolves when the bytes have left this process's buffer below its high-water mark. Throws as `read` does. */
  write(bytes: Uint8Array | string, timeoutMs: number): Promise<void>;
  /** Ends our side after what was written. */
  end(): void;
  /** Ends both sides at once; a pending read or write throws `connection-lost`. */
  destroy(): void;
  /** Resolves when the connection is gone, however it went. */
  readonly closed: Promise<void>;
}

/** Takes over a connected socket. Errors of the socket surface in reads and writes, never as events. */
export function toConnection(socket: Socket, peer: string): Connection {
  return new SocketConnection(socket, peer);
}

/** A timer that is set for longer goes off at once; by then it is set again. */
const longestTimerMs = 2 ** 31 - 1;

interface Waiter {
  /** Of performance.now(). */
  readonly deadline: number;
  readonly finish: (isInTime: boolean) => void;
}

class SocketConnection implements Connection {
  readonly peer: string;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #returned: Buffer | undefined;
  #failure: Error | undefined;
  #isEnded = false;
  #isClosed = false;
  #waiters: Waiter[] = [];
  /** One for all that wait, and left alone when they are done: to set and clear one for each read costs as much as the read. */
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    socket.on('readable', () => this.#wake());
    socket.on('drain', () => this.#wake());
    socket.on('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#failure = error;
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        clearTimeout(this.#timer);
        this.#wake();
        resolve();
      });
    });
  }

  async read(timeoutMs: number): Promise<Buffer | null> {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned !== undefined) return returned;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const bytes: unknown = this.#socket.read();
      if (Buffer.isBuffer(bytes)) return bytes;
      if (this.#isEnded && this.#failure === undefined) return null;
      await this.#waitForChange(deadline, timeoutMs, 'sent nothing');
    }
  }

  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#returned = this.#returned === undefined ? bytes : Buffer.concat([bytes, this.#returned]);
  }

  async write(bytes: Uint8Array | string, timeoutMs: number): Promise<void> {
    if (this.#isClosed || !this.#socket.writable) throw this.#lost();
    if (this.#socket.write(bytes)) return;
    const deadline = performance.now() + timeoutMs;
    while (this.#socket.writableNeedDrain) await this.#waitForChange(deadline, timeoutMs, 'took no data');
    if (this.#socket.destroyed) throw this.#lost();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits until the socket's state changes. Throws when the connection is gone or the deadline is. */
  async #waitForChange(deadline: number, timeoutMs: number, what: string): Promise<void> {
    if (this.#isClosed) throw this.#lost();
    const isInTime = await new Promise<boolean>((finish) => {
      this.#waiters.push({ deadline, finish });
      this.#armTimer(deadline);
    });
    if (!isInTime) throw new OnionmxError('connection-timeout', `${this.peer} ${what} for ${timeoutMs} ms`);
  }

  #armTimer(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const leftMs = Math.ceil(deadline - performance.now());
    this.#timer = setTimeout(() => this.#expire(), Math.min(Math.max(0, leftMs), longestTimerMs));
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ deadline }) => deadline > nowMs);
    for (const { deadline, finish } of waiters) if (deadline <= nowMs) finish(false);
    for (const { deadline } of this.#waiters) this.#armTimer(deadline);
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { finish } of waiters) finish(true);
  }

  #lost(): OnionmxError {
    const why = this.#failure?.message ?? 'it was closed';
    return new OnionmxError('connection-lost', `the connection to ${this.peer} is lost: ${why}`, {
      cause: this.#failure,
    });
  }
}
