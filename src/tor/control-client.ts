/** A conversation with a tor over its control port: commands and their replies in order, events as they come. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OnionmxError, toOnionmxError, messageOf } from '../errors.ts';
import type { Connection } from '../net/connection.ts';
import { dial } from '../net/dial.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import {
  encodeTorCommand,
  isTorEvent,
  TorControlDecoder,
  type TorControlReply,
} from '../protocol/tor-control.ts';
import { answerSafeCookieChallenge } from '../protocol/tor-safe-cookie.ts';

export interface TorControlOptions {
  readonly address: SocketAddress;
  readonly cookieFile: string;
  /** Of connecting, and of each command. */
  readonly timeoutMs: number;
  /** Must not throw. */
  readonly onEvent: (event: TorControlReply) => void;
}

export interface TorControl {
  /** One command, word by word; resolves with its 2xx reply. Throws `tor-control` otherwise, and when tor is silent or gone. */
  send(...words: readonly string[]): Promise<TorControlReply>;
  close(): void;
  /** Resolves when the conversation has ended, however it went. */
  readonly closed: Promise<void>;
}

const maxReplyBytes = 1 << 20;
/** Between events a control connection is silent for days; this only bounds one read. */
const oneReadMs = 3_600_000;

/** Connects and authenticates. Throws `connect-failed`, `connection-timeout`, `tor-control`. */
export async function connectTorControl(options: TorControlOptions): Promise<TorControl> {
  const connection = await dial(options.address, options.timeoutMs);
  const control = new ControlConversation(connection, options);
  try {
    await authenticate(control, options.cookieFile);
    return control;
  } catch (error) {
    control.close();
    throw error;
  }
}

async function authenticate(control: TorControl, cookieFile: string): Promise<void> {
  const clientNonce = randomBytes(32);
  const challenge = await control.send('AUTHCHALLENGE', 'SAFECOOKIE', clientNonce.toString('hex'));
  const cookie = await readCookie(cookieFile);
  const text = challenge.lines.map((line) => line.text).join(' ');
  await control.send('AUTHENTICATE', answerSafeCookieChallenge(cookie, clientNonce, text));
}

async function readCookie(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const why = messageOf(cause);
    throw new OnionmxError('tor-control', `cannot read Tor's cookie: ${why}`, { cause });
  }
}

interface Waiting {
  readonly resolve: (reply: TorControlReply) => void;
  readonly reject: (error: OnionmxError) => void;
}

class ControlConversation implements TorControl {
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #options: TorControlOptions;
  readonly #decoder = new TorControlDecoder(maxReplyBytes);
  readonly #waiting: Waiting[] = [];
  #end: OnionmxError | undefined;

  constructor(connection: Connection, options: TorControlOptions) {
    this.#connection = connection;
    this.#options = options;
    this.closed = this.#listen();
  }

  async send(...words: readonly string[]): Promise<TorControlReply> {
    const line = encodeTorCommand(words);
    const [keyword] = words; // the other words may be secret: errors tell this one alone
    if (this.#end !== undefined) throw this.#end;
    const answer = new Promise<TorControlReply>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const { timeoutMs } = this.#options;
    // Replies come in the order of the commands: after a missing one they could not be told apart any more.
    const timer = setTimeout(() => this.#finish(`no answer to ${keyword} within ${timeoutMs} ms`), timeoutMs);
    try {
      const [reply] = await Promise.all([answer, this.#connection.write(line, timeoutMs)]);
      if (reply.code >= 200 && reply.code < 300) return reply;
      throw new OnionmxError(
        'tor-control',
        `tor refused ${keyword}: ${reply.code} ${reply.lines.at(-1)?.text}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#finish('closed');
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        for (const reply of this.#decoder.push(await this.#read())) this.#take(reply);
      }
    } catch (error) {
      this.#finish(toOnionmxError(error).message);
    }
  }

  async #read(): Promise<Buffer> {
    for (;;) {
      try {
        const bytes = await this.#connection.read(oneReadMs);
        if (bytes !== null) return bytes;
      } catch (error) {
        if (toOnionmxError(error).code === 'connection-timeout') continue;
        throw error;
      }
      throw new OnionmxError('tor-control', 'tor closed it');
    }
  }

  #take(reply: TorControlReply): void {
    if (isTorEvent(reply)) {
      this.#options.onEvent(reply);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new OnionmxError('tor-control', 'a reply to no command');
    waiting.resolve(reply);
  }

  #finish(why: string): void {
    if (this.#end !== undefined) return;
    this.#end = new OnionmxError('tor-control', `the control connection to tor has ended: ${why}`);
    this.#connection.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }
}
