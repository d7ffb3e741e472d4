/**
 * The line to one exchanger: commands go out, replies come in and are taken strictly in order, each before its deadline.
 * A read is always pending, so that a reply out of turn (421, or 552 in the middle of a message) and a lost connection
 * are seen when they come. A write never fails: the exchanger may have said why before it hung up, so what is wrong
 * shows when the next reply is taken.
 */
import { toOnionmxError } from '../errors.ts';
import { encodeCommand } from '../protocol/smtp-envelope.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { ReplyDecoder } from '../protocol/smtp-reply-decoder.ts';
import type { Connection } from './connection.ts';
import { LinkTrouble } from './link-trouble.ts';
import { type SmtpStep, type SmtpTimeoutsMs, smtpSteps } from './smtp-timeouts.ts';

/** As much as a timer can hold: the deadlines are our own. */
const untilClosedMs = 2 ** 31 - 1;

/** The exchanger says 421: it ends the session, whatever the command was (RFC 5321 §3.8). */
export class ExchangerLeaves extends Error {
  readonly reply: SmtpReply;

  constructor(reply: SmtpReply) {
    super(quoteReply(reply));
    this.reply = reply;
  }
}

export class SmtpLink {
  /** `AAA.onion:25` */
  readonly name: string;
  /** Set before the first byte that makes a message complete: from then on a lost reply may be that of a delivery. */
  isMessageComplete = false;
  /** How many replies were refusals; whoever counts may set it back. */
  refusals = 0;
  readonly timeoutsMs: SmtpTimeoutsMs;
  readonly #connection: Connection;
  #decoder = new ReplyDecoder();
  #ready: SmtpReply | undefined;
  #reading: Promise<void> | undefined;
  #trouble: LinkTrouble | undefined;
  #isIdle = false;
  #isLeft = false;

  constructor(connection: Connection, name: string, timeoutsMs: SmtpTimeoutsMs) {
    this.#connection = connection;
    this.name = name;
    this.timeoutsMs = timeoutsMs;
  }

  get isUsable(): boolean {
    return this.#trouble === undefined && !this.#isLeft;
  }

  /** A whole reply is there. */
  get hasWord(): boolean {
    return this.#peek() !== undefined;
  }

  /** Resolves when the bytes are on their way, or the link is broken. */
  async write(bytes: Uint8Array | string): Promise<void> {
    this.#isIdle = false;
    void this.#listen();
    try {
      await this.#connection.write(bytes, this.timeoutsMs.block);
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** Sends a command and takes its reply; see nextReply. */
  ask(command: string, step: SmtpStep, sinceMs?: number): Promise<SmtpReply> {
    void this.write(encodeCommand(command));
    return this.nextReply(step, sinceMs);
  }

  /**
   * Takes the next reply. The step's time runs from `sinceMs` (of performance.now) on. Throws ExchangerLeaves, or an
   * `exchanger-…` error after which the link is broken.
   */
  async nextReply(step: SmtpStep, sinceMs = performance.now()): Promise<SmtpReply> {
    const timeoutMs = this.timeoutsMs[smtpSteps[step]];
    const leftMs = Math.max(0, sinceMs + timeoutMs - performance.now());
    const word = (await within(leftMs, this.waitForWord())) ?? this.#breakOff(LinkTrouble.silence(timeoutMs));
    if (word instanceof LinkTrouble) throw word.toError(this.name, step, this.isMessageComplete);
    this.#ready = undefined;
    if (word.code === 421) {
      this.#isLeft = true;
      throw new ExchangerLeaves(word);
    }
    if (isRefusal(word)) this.refusals++;
    if (isExpected(word, step)) return word;
    const trouble = LinkTrouble.nonsense(`it says ${JSON.stringify(quoteReply(word))}`);
    this.#fallOutOfStep(trouble);
    throw trouble.toError(this.name, step, this.isMessageComplete);
  }

  /** Resolves when a whole reply is there, without taking it, or can never come. */
  async waitForWord(): Promise<SmtpReply | LinkTrouble> {
    for (;;) {
      const word = this.#peek() ?? this.#trouble;
      if (word !== undefined) return word;
      await this.#listen();
    }
  }

  /** Between transactions nothing may be said: whatever comes ends the use of this link. */
  watchSilence(): void {
    this.#isIdle = true;
    void this.#hearUnasked();
  }

  /** Ends the connection as it is, so that a message under way can never be complete. What was said can still be taken. */
  cutOff(): void {
    this.#breakOff(LinkTrouble.loss('it was ended here'));
  }

  /**
   * The connection, for TLS to take over once STARTTLS is accepted (RFC 3207 §4); this link is of no use from then on. Throws
   * `exchanger-protocol`, and the connection is closed then.
   */
  handOver(): Connection {
    // stops an attack (CVE-2011-0411): replies that somebody put in before the encryption began would count as said inside of it
    if (!this.#decoder.isEmpty || this.#reading !== undefined) {
      const trouble = LinkTrouble.nonsense('it says more before the encryption has begun');
      this.#fallOutOfStep(trouble);
      throw trouble.toError(this.name, 'STARTTLS', false);
    }
    this.#trouble ??= LinkTrouble.loss('it goes on inside TLS');
    return this.#connection;
  }

  /** QUIT if the exchanger still listens, then the end. */
  async close(): Promise<void> {
    if (this.isUsable) await this.ask('QUIT', 'QUIT').catch(() => undefined);
    this.cutOff();
  }

  /** One read at a time, and none beyond a reply that nobody has taken. */
  async #listen(): Promise<void> {
    if (this.#peek() === undefined && this.#trouble === undefined) this.#reading ??= this.#read();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const bytes = await this.#connection.read(untilClosedMs);
      if (bytes === null) this.#breakOff(LinkTrouble.loss('the exchanger closed it'));
      else this.#decoder.push(bytes);
    } catch (cause) {
      this.#lose(cause);
    } finally {
      this.#reading = undefined;
    }
  }

  #peek(): SmtpReply | undefined {
    try {
      this.#ready ??= this.#decoder.next();
    } catch (cause) {
      this.#fallOutOfStep(LinkTrouble.nonsense(toOnionmxError(cause).message));
    }
    return this.#ready;
  }

  async #hearUnasked(): Promise<void> {
    const word = await this.waitForWord();
    if (!this.#isIdle || word instanceof LinkTrouble) return;
    if (word.code === 421) this.#isLeft = true;
    // it would be taken for the reply to the next command, and in the end a message for delivered before it is
    else this.#fallOutOfStep(LinkTrouble.nonsense(`it says, unasked, ${JSON.stringify(quoteReply(word))}`));
  }

  /** After this no reply can be matched to its command. */
  #fallOutOfStep(trouble: LinkTrouble): void {
    this.#ready = undefined;
    this.#decoder = new ReplyDecoder();
    this.#breakOff(trouble);
  }

  #lose(cause: unknown): void {
    this.#breakOff(LinkTrouble.loss(reasonOf(cause), cause));
  }

  /** The first trouble is the one that counts. */
  #breakOff(trouble: LinkTrouble): LinkTrouble {
    this.#trouble ??= trouble;
    this.#connection.destroy();
    return this.#trouble;
  }
}

/**
 * A refusal, or 354 to DATA, or 2xx. Nobody can accept a message that is not there yet; and 221 in any other place than
 * after QUIT is a goodbye, and accepts nothing.
 */
function isExpected(reply: SmtpReply, step: SmtpStep): boolean {
  if (isRefusal(reply)) return true;
  if (step === 'the unfinished message') return false;
  if (step === 'DATA') return reply.code === 354;
  return reply.code < 300 && (reply.code !== 221 || step === 'QUIT');
}

function reasonOf(thrown: unknown): string {
  const { cause, message } = toOnionmxError(thrown);
  return cause instanceof Error ? cause.message : message;
}

/** undefined when the time is over first. */
async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
