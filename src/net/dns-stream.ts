/**
 * Questions on one TCP or TLS stream (RFC 7766 §6.2.1, RFC 7858 §3.3): many at a time, answered in any order, matched
 * by id and question.
 */
import { randomInt } from 'node:crypto';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { DnsFrameDecoder, encodeDnsFrame } from '../protocol/dns-frame.ts';
import { type DnsQuestion, encodeDnsQuery, isResponseTo, isTruncated } from '../protocol/dns-query.ts';
import type { Connection } from './connection.ts';
import { type DnsLink, lostBeforeAnswer, maxAnswerBytes, tooLate } from './dns-link.ts';

interface DnsStreamOptions {
  /** How errors call the other end. */
  readonly peer: string;
  /** For encrypted streams: RFC 8467. */
  readonly isPadded: boolean;
}

export function openDnsStream(connection: Connection, options: DnsStreamOptions): DnsLink {
  return new DnsStream(connection, options);
}

interface Waiting {
  readonly query: Buffer;
  readonly finish: (answer: Buffer | OnionmxError) => void;
}

/** As much as a timer can hold: a link waits as long as it is kept, each question has its own time. */
const untilClosedMs = 2 ** 31 - 1;
/** Far more than a burst of mail to strangers needs; the next one is told at once. */
const maxWaiting = 1000;

class DnsStream implements DnsLink {
  readonly #connection: Connection;
  readonly #options: DnsStreamOptions;
  readonly #waiting = new Map<number, Waiting>();
  #receivedCount = 0;
  #isUsable = true;

  constructor(connection: Connection, options: DnsStreamOptions) {
    this.#connection = connection;
    this.#options = options;
    void this.#receiveAll();
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  async ask(question: DnsQuestion, timeoutMs: number): Promise<Buffer> {
    const { peer, isPadded } = this.#options;
    if (!this.#isUsable) throw lostBeforeAnswer(peer);
    if (this.#waiting.size >= maxWaiting)
      throw new OnionmxError('connection-timeout', `${peer} has ${maxWaiting} questions to answer already`);
    const id = this.#chooseId();
    const query = encodeDnsQuery(question, id, isPadded);
    const answer = this.#waitForAnswer(id, query, timeoutMs);
    // what a write says is said to all that wait, by the end of the stream
    this.#connection.write(encodeDnsFrame(query), timeoutMs).catch((error: unknown) => this.#fail(error));
    return answer;
  }

  close(): void {
    this.#fail(undefined);
  }

  /** Random, as over UDP: between two TCP ports that can be guessed, it is all that a blind forger lacks. */
  #chooseId(): number {
    const id = randomInt(0x10000);
    return this.#waiting.has(id) ? this.#chooseId() : id;
  }

  #waitForAnswer(id: number, query: Buffer, timeoutMs: number): Promise<Buffer> {
    const receivedBefore = this.#receivedCount;
    return new Promise((resolve, reject) => {
      const finish = (answer: Buffer | OnionmxError) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (Buffer.isBuffer(answer)) resolve(answer);
        else reject(answer);
      };
      const timer = setTimeout(() => {
        finish(tooLate(this.#options.peer, timeoutMs));
        if (this.#receivedCount === receivedBefore) this.#isUsable = false;
      }, timeoutMs);
      this.#waiting.set(id, { query, finish });
    });
  }

  async #receiveAll(): Promise<void> {
    const decoder = new DnsFrameDecoder(maxAnswerBytes);
    try {
      for (;;) {
        const bytes = await this.#connection.read(untilClosedMs);
        if (bytes === null) return this.#fail(undefined);
        for (const message of decoder.push(bytes)) this.#receive(message);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What nobody waits for any more is the late answer to a question that was given up. */
  #receive(message: Buffer): void {
    this.#receivedCount += 1;
    const { peer } = this.#options;
    if (message.length < 2) throw new OnionmxError('dns-malformed', `${peer} sent an answer without an id`);
    const waiting = this.#waiting.get(message.readUInt16BE(0));
    if (waiting === undefined) return;
    const isAnswer = isResponseTo(waiting.query, message) && !isTruncated(message);
    waiting.finish(
      isAnswer ? message : new OnionmxError('dns-malformed', `${peer} did not answer the question over TCP`),
    );
  }

  #fail(cause: unknown): void {
    this.#isUsable = false;
    this.#connection.destroy();
    const isNonsense = cause instanceof OnionmxError && cause.code === 'dns-malformed';
    const error = isNonsense ? toOnionmxError(cause) : lostBeforeAnswer(this.#options.peer, cause);
    for (const { finish } of this.#waiting.values()) finish(error);
  }
}
