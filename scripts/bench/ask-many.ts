/** Asks a socketmap server as much as it answers, on several connections, for a while. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeNetstring } from '../../src/protocol/netstring.ts';

export interface AskManyOptions {
  readonly path: string;
  readonly questions: readonly string[];
  readonly connections: number;
  /** How many questions a connection has open: the next is asked when an answer is there. */
  readonly depth: number;
  readonly forMs: number;
}

export interface Asked {
  /** Answers a second, over all connections. */
  readonly rate: number;
  readonly latenciesMs: readonly number[];
}

export async function askMany(options: AskManyOptions): Promise<Asked> {
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => open(options.path)));
  const questions = options.questions.map(encodeNetstring);
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + options.forMs;
  await Promise.all(sockets.map((socket, index) => ask(socket, index)));
  const seconds = (performance.now() - startedMs) / 1000;
  for (const socket of sockets) socket.destroy();
  return { rate: latenciesMs.length / seconds, latenciesMs };

  function ask(socket: Socket, first: number): Promise<void> {
    const countAnswers = createCounter();
    const askedMs: number[] = [];
    let next = first;
    const write = (count: number) => {
      const now = performance.now();
      const batch: Buffer[] = [];
      for (let index = 0; index < count; index += 1) {
        const question = questions[next++ % questions.length];
        if (question !== undefined) batch.push(question);
        askedMs.push(now);
      }
      socket.write(batch.length === 1 ? (batch[0] ?? '') : Buffer.concat(batch));
    };
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error(`${options.path} closed a connection`)));
      socket.setTimeout(20_000, () => reject(new Error(`${options.path} does not answer`)));
      socket.on('data', (bytes: Buffer) => {
        const count = countAnswers(bytes);
        const now = performance.now();
        for (const asked of askedMs.splice(0, count)) latenciesMs.push(now - asked);
        if (now < untilMs) write(count);
        else if (askedMs.length === 0) resolve();
      });
      write(options.depth);
    });
  }
}

async function open(path: string): Promise<Socket> {
  const socket = connect({ path });
  await once(socket, 'connect');
  return socket;
}

/** Counts the netstrings that end in these bytes: a length, a colon, so many bytes, a comma. */
function createCounter(): (bytes: Buffer) => number {
  let length = 0;
  let toSkip = 0;
  return (bytes) => {
    let count = 0;
    for (let position = 0; position < bytes.length; ) {
      if (toSkip > 0) {
        const step = Math.min(toSkip, bytes.length - position);
        position += step;
        toSkip -= step;
        if (toSkip === 0) count += 1;
        continue;
      }
      const byte = bytes.readUInt8(position);
      position += 1;
      if (byte === 0x3a) [toSkip, length] = [length + 1, 0];
      else length = length * 10 + byte - 0x30;
    }
    return count;
  };
}
