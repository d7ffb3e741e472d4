/** Reads an SMTP client's bytes by line, by count, or up to the final dot, in whatever pieces they come. */
import type { Socket } from 'node:net';

export interface SinkInput {
  /** Without CRLF; `undefined` at the end of the stream. */
  readonly readLine: () => Promise<string | undefined>;
  readonly readBytes: (count: number) => Promise<Buffer>;
  /** Everything before the line with the dot alone, unstuffed. */
  readonly readDotData: () => Promise<Buffer>;
  /** The number of the read that the last line came with. */
  readonly readNumber: () => number;
}

const finalDot = '\r\n.\r\n';

export function createSinkInput(socket: Socket): SinkInput {
  const reads = socket[Symbol.asyncIterator]();
  let pending = Buffer.alloc(0);
  let readCount = 0;

  async function readMore(): Promise<Buffer | undefined> {
    const next: IteratorResult<Buffer> = await reads.next();
    readCount += 1;
    return next.done === true ? undefined : next.value;
  }

  async function readLine(): Promise<string | undefined> {
    for (;;) {
      const end = pending.indexOf('\n');
      if (end >= 0) {
        const line = pending.subarray(0, end).toString('utf8').replace(/\r$/, '');
        pending = pending.subarray(end + 1);
        return line;
      }
      const more = await readMore();
      if (more === undefined) return undefined;
      pending = Buffer.concat([pending, more]);
    }
  }

  async function readBytes(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [pending];
    let length = pending.length;
    while (length < count) {
      const more = await readMore();
      if (more === undefined) throw new Error('the client closed the connection within a chunk');
      pieces.push(more);
      length += more.length;
    }
    const whole = Buffer.concat(pieces);
    pending = whole.subarray(count);
    return whole.subarray(0, count);
  }

  /** Looks at the seam of two reads only, so that a large message costs no more than its bytes. */
  async function readDotData(): Promise<Buffer> {
    const pieces: Buffer[] = [Buffer.from('\r\n'), pending]; // the data starts a line
    pending = Buffer.alloc(0);
    while (!lastPiecesHaveDot(pieces)) {
      const more = await readMore();
      if (more === undefined) throw new Error('the client closed the connection within the data');
      pieces.push(more);
    }
    const whole = Buffer.concat(pieces);
    const end = whole.indexOf(finalDot);
    pending = whole.subarray(end + finalDot.length);
    return unstuffDots(whole.subarray(0, end + 2));
  }

  return { readLine, readBytes, readDotData, readNumber: () => readCount };
}

function lastPiecesHaveDot(pieces: readonly Buffer[]): boolean {
  const last = pieces.at(-1) ?? Buffer.alloc(0);
  const before = Buffer.concat(pieces.slice(-1 - finalDot.length, -1)).subarray(-finalDot.length + 1);
  return Buffer.concat([before, last]).includes(finalDot);
}

function unstuffDots(data: Buffer): Buffer {
  const text = data.toString('latin1').replaceAll('\r\n..', '\r\n.');
  return Buffer.from(text.slice(2), 'latin1');
}
