/** Serves one client of a table for as long as it stays: many requests, answered at the same time, replied to in order. */
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import type { AnswerKey } from './answer-key.ts';
import { ReplyQueue } from './reply-queue.ts';
import type { TableProtocol } from './table-protocol.ts';

interface ClientOptions {
  readonly protocol: TableProtocol;
  readonly answer: AnswerKey;
  /** A client that sends no byte for so long, or takes none, is let go. */
  readonly idleMs: number;
  readonly log: Log;
}

/** What a client may have asked and not been told yet; after that, its requests wait in its socket. */
const maxRepliesPending = 100;
/** How long a client that we are done with may take to hear our last words and to close. */
const lingerMs = 2000;

/** Never rejects. The connection is closed when it resolves. */
export async function serveClient(connection: Connection, options: ClientOptions): Promise<void> {
  const replies = new ReplyQueue(maxRepliesPending);
  try {
    await Promise.all([
      readRequests(connection, replies, options),
      writeReplies(connection, replies, options.idleMs),
    ]);
    await closeInPeace(connection);
  } catch (thrown) {
    replies.fail(thrown); // the other side of the queue must not wait for ever
    logEnd(connection, options, toOnionmxError(thrown));
  } finally {
    connection.destroy();
  }
}

/** Returns when no more is to come. A client that has ended its side (Exim does) is still owed its replies. */
async function readRequests(
  connection: Connection,
  replies: ReplyQueue,
  options: ClientOptions,
): Promise<void> {
  const { protocol, idleMs } = options;
  const decoder = protocol.createKeyDecoder();
  try {
    for (;;) {
      const bytes = await readUnlessIdle(connection, idleMs);
      if (bytes === null) break;
      await answerAll(decoder.decode(bytes), connection, replies, options);
    }
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    if (!isRequestError(error)) throw error;
    logEnd(connection, options, error);
    await replies.add(() => Promise.resolve(protocol.encodeRefusal(error)));
  }
  replies.end();
}

/**
 * What is known at once leaves at once, all of it in one write, also when the next request is none; the rest queues, so that
 * replies stay in order.
 */
async function answerAll(
  keys: Iterable<string>,
  connection: Connection,
  replies: ReplyQueue,
  { protocol, answer, idleMs }: ClientOptions,
): Promise<void> {
  let ready: Buffer[] = [];
  try {
    for (const key of keys) {
      const answered = replies.isIdle ? answer(key) : undefined;
      if (answered !== undefined && !(answered instanceof Promise)) {
        ready.push(protocol.encodeAnswer(answered));
        continue;
      }
      if (ready.length > 0) await connection.write(joinAll(ready), idleMs);
      ready = [];
      await replies.add(async () => protocol.encodeAnswer(await (answered ?? answer(key))));
    }
  } finally {
    if (ready.length > 0) await connection.write(joinAll(ready), idleMs);
  }
}

function joinAll(parts: readonly Buffer[]): Buffer {
  const [only, ...more] = parts;
  return only !== undefined && more.length === 0 ? only : Buffer.concat(parts);
}

async function writeReplies(connection: Connection, replies: ReplyQueue, idleMs: number): Promise<void> {
  for (;;) {
    const bytes = await replies.take();
    if (bytes === undefined) return;
    // A client that asks and never reads would fill our memory: it waits here, and is let go in the end.
    await connection.write(bytes, idleMs);
  }
}

/** Null when the client has ended its side, or has been silent for so long. */
async function readUnlessIdle(connection: Connection, idleMs: number): Promise<Buffer | null> {
  try {
    return await connection.read(idleMs);
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    if (error.code === 'connection-timeout') return null;
    throw error;
  }
}

/** Reads away what the client still sends: closing on unread bytes resets TCP, and can take our last words with it. */
async function closeInPeace(connection: Connection): Promise<void> {
  connection.end();
  const timer = setTimeout(() => connection.destroy(), lingerMs);
  try {
    while ((await connection.read(lingerMs)) !== null);
    await connection.closed;
  } catch {
    // It has all that it is owed: how it goes does not matter.
  } finally {
    clearTimeout(timer);
  }
}

function isRequestError({ code }: OnionmxError): boolean {
  return code === 'lookup-request-malformed' || code === 'lookup-request-unknown';
}

function logEnd(connection: Connection, { protocol, log }: ClientOptions, error: OnionmxError): void {
  const fields = { peer: connection.peer, protocol: protocol.name, ...errorFields(error) };
  if (error.code === 'connection-lost') log.debug(fields, 'a lookup client is gone');
  else if (error.code === 'bug') log.error(fields, 'serving a lookup client failed');
  else log.info(fields, 'a lookup client is let go');
}
