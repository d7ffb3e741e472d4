/**
 * An exchanger of the test: a small SMTP server on a Unix-domain socket, stricter than any real one. It notes each time the client
 * speaks when it must wait, and keeps a refused transaction open until RSET, as Exim does.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { type Connection, toConnection } from '../../src/net/connection.ts';
import { toStream } from '../../src/net/connection-stream.ts';
import { dial } from '../../src/net/dial.ts';
import { listen } from '../../src/net/listen.ts';
import { takeCommandLine } from '../../src/protocol/command-lines.ts';
import { DataDecoder } from '../../src/protocol/decode-data.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

/** A reply as it goes over the line without its last CRLF, or what happens in its place. */
export type Answer = string | typeof hangUp | typeof silence;
export const hangUp: unique symbol = Symbol('hang up');
export const silence: unique symbol = Symbol('silence for ever');

interface Rules {
  /** Lines of the EHLO reply. */
  readonly offers?: readonly string[];
  readonly banner?: Answer;
  /** What it shows after STARTTLS; its offers inside are others. PEM. */
  readonly tls?: { readonly key: string; readonly certificate: string; readonly offers?: readonly string[] };
  /** Called with each command line, `.` at the end of a message, and `data` for each piece of one; undefined: the usual answer. */
  readonly answer?: (event: string) => Answer | undefined;
  /** Awaited before each read. */
  readonly beforeRead?: (server: ExchangerServer) => void | Promise<void>;
}

interface ReceivedMessage {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly body: string;
}

interface WithAfter {
  after(run: () => void | Promise<void>): void;
}

/** The first answer whose key the command line begins with. */
export function answerWith(answers: Readonly<Record<string, Answer>>): (event: string) => Answer | undefined {
  return (event) => Object.entries(answers).find(([start]) => event.startsWith(start))?.[1];
}

class HungUp extends Error {}

export class ExchangerServer {
  readonly commands: string[] = [];
  readonly messages: ReceivedMessage[] = [];
  readonly violations: string[] = [];
  bytesOfBodies = 0;
  readonly #rules: Rules;
  #socket: Connection;
  #isSecured = false;
  #bytes: Buffer = Buffer.alloc(0);
  #sender: string | undefined;
  #recipients: string[] = [];
  #chunks: Buffer[] = [];
  #isVoid = false;

  constructor(socket: Connection, rules: Rules) {
    this.#socket = socket;
    this.#rules = rules;
  }

  /** Serves until either side ends it. */
  async serve(): Promise<void> {
    try {
      await this.#send(this.#rules.banner ?? '220 mx.example.test ESMTP');
      for (;;) await this.#obey(await this.#readLine());
    } catch {
      this.#socket.destroy();
    }
  }

  /** Says something that nobody asked for. */
  async say(text: string): Promise<void> {
    await this.#socket.write(`${text}\r\n`, 5000);
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  async #obey(line: string): Promise<void> {
    this.commands.push(line);
    const verb = (/^[A-Z]+/i.exec(line)?.[0] ?? '').toUpperCase();
    const mayPipeline = this.#offers('PIPELINING') && /^(MAIL|RCPT|RSET|BDAT)$/.test(verb);
    if (verb === 'BDAT') await this.#readChunk(line);
    if (this.#bytes.length > 0 && !mayPipeline) this.violations.push(`did not wait after ${line}`);
    const own = this.#rules.answer?.(line);
    const usual = this.#usualAnswer(verb, line, own);
    await this.#send(own ?? usual);
    if (verb === 'QUIT') throw new HungUp();
    if (verb === 'STARTTLS' && (own ?? usual).toString().startsWith('220')) this.#beginTls();
    if (verb === 'DATA' && (own ?? usual).toString().startsWith('354')) await this.#readData();
  }

  /** `own` is what will be said instead: a refused command changes nothing. */
  #usualAnswer(verb: string, line: string, own: Answer | undefined): string {
    const isTaken = own === undefined || (typeof own === 'string' && own.startsWith('2'));
    switch (verb) {
      case 'EHLO':
        return ['250-mx.example.test', ...this.#offered().map((offer) => `250-${offer}`), '250 HELP'].join(
          '\r\n',
        );
      case 'MAIL':
        if (this.#sender !== undefined) return '503 5.5.1 nested MAIL';
        if (isTaken) this.#sender = line;
        return '250 2.1.0 Ok';
      case 'RCPT':
        if (this.#sender === undefined) return '503 5.5.1 need MAIL';
        if (isTaken) this.#recipients.push(line);
        return '250 2.1.5 Ok';
      case 'DATA':
        return this.#recipients.length === 0 ? '554 5.5.1 no valid recipients' : '354 go ahead';
      case 'BDAT':
        return this.#takeChunk(line, isTaken);
      case 'RSET':
        this.#forget();
        return '250 2.0.0 Ok';
      case 'STARTTLS':
        return this.#rules.tls === undefined ? '502 5.5.1 no' : '220 2.0.0 go ahead';
      case 'QUIT':
        return '221 2.0.0 Bye';
      default:
        return '250 mx.example.test';
    }
  }

  async #readChunk(line: string): Promise<void> {
    const size = Number(line.split(' ')[1]);
    while (this.#bytes.length < size) await this.#readMore();
    this.#chunks.push(this.#bytes.subarray(0, size));
    this.bytesOfBodies += size;
    this.#bytes = this.#bytes.subarray(size);
  }

  #takeChunk(line: string, isTaken: boolean): string {
    if (this.#recipients.length === 0 || this.#isVoid) return '503 5.5.1 no valid transaction';
    this.#isVoid = !isTaken;
    return line.endsWith('LAST') && isTaken ? this.#keepMessage() : '250 2.0.0 Ok';
  }

  async #readData(): Promise<void> {
    if (this.#bytes.length > 0) this.violations.push('sent the message before 354');
    const decoder = new DataDecoder(Number.POSITIVE_INFINITY);
    for (;;) {
      if (this.#bytes.length === 0) await this.#readMore();
      const { body, rest } = decoder.push(this.#bytes);
      this.#bytes = rest ?? Buffer.alloc(0);
      this.#chunks.push(body);
      this.bytesOfBodies += body.length;
      if (rest !== undefined) break;
      const early = this.#rules.answer?.('data');
      if (early !== undefined) await this.#send(early);
    }
    const own = this.#rules.answer?.('.');
    const usual = this.#recipients.length === 0 ? '554 5.5.1 no valid recipients' : this.#keepMessage(own);
    await this.#send(own ?? usual);
  }

  #keepMessage(own?: Answer): string {
    if (own === undefined || own.toString().startsWith('2')) {
      const body = Buffer.concat(this.#chunks).toString('latin1');
      this.messages.push({ sender: this.#sender ?? '', recipients: this.#recipients, body });
    }
    this.#forget();
    return `250 2.0.0 Ok: queued as Q${this.messages.length}`;
  }

  #forget(): void {
    this.#sender = undefined;
    this.#recipients = [];
    this.#chunks = [];
    this.#isVoid = false;
  }

  #offers(keyword: string): boolean {
    return this.#offered().includes(keyword);
  }

  #offered(): readonly string[] {
    return (this.#isSecured ? this.#rules.tls?.offers : this.#rules.offers) ?? [];
  }

  #beginTls(): void {
    const { key, certificate } = this.#rules.tls ?? {};
    const socket = new TLSSocket(toStream(this.#socket, 20_000), { isServer: true, key, cert: certificate });
    this.#socket = toConnection(socket, 'the client, inside TLS');
    this.#isSecured = true;
  }

  async #send(answer: Answer): Promise<void> {
    if (answer === hangUp) throw new HungUp();
    if (answer === silence) for (;;) await this.#readMore();
    if (typeof answer === 'string') await this.#socket.write(`${answer}\r\n`, 5000);
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const taken = takeCommandLine(this.#bytes);
      if (taken.kind === 'line') {
        this.#bytes = taken.rest;
        return taken.line.toString();
      }
      if (taken.kind === 'broken') this.violations.push(this.#bytes.toString().slice(0, 80));
      await this.#readMore();
    }
  }

  async #readMore(): Promise<void> {
    await this.#rules.beforeRead?.(this);
    const bytes = await this.#socket.read(20_000);
    if (bytes === null) throw new HungUp();
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }
}

/** A connection to a new server of its own, and what was written into it, write by write. */
export async function connectToExchanger(
  t: WithAfter,
  rules: Rules,
): Promise<{ connection: Connection; server: ExchangerServer; writes: string[] }> {
  const path = join(makeTemporaryFolder(t), 's');
  const accepted: ExchangerServer[] = [];
  const onConnection = (socket: Connection) => {
    const server = new ExchangerServer(socket, rules);
    accepted.push(server);
    void server.serve();
  };
  const listener = await listen({ kind: 'unix', path }, { onConnection });
  t.after(() => listener.close());
  const connection = await dial({ kind: 'unix', path }, 5000);
  t.after(() => connection.destroy());
  await waitUntil(() => accepted.length > 0);
  const [server] = accepted;
  assert.ok(server !== undefined);
  const writes: string[] = [];
  return { connection: noteWrites(connection, writes), server, writes };
}

/** Lets other events happen until it is so; the limit is that of the test. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

function noteWrites(connection: Connection, writes: string[]): Connection {
  return {
    peer: connection.peer,
    closed: connection.closed,
    read: (timeoutMs) => connection.read(timeoutMs),
    unread: (bytes) => connection.unread(bytes),
    end: () => connection.end(),
    destroy: () => connection.destroy(),
    write: (bytes, timeoutMs) => {
      writes.push(Buffer.from(bytes).toString('latin1'));
      return connection.write(bytes, timeoutMs);
    },
  };
}
