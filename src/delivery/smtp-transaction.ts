/**
 * One mail transaction with an exchanger (RFC 5321 §3.3), in as few round trips as it offers:
 * - PIPELINING and CHUNKING: a small message is one flight, MAIL, RCPTs and BDAT LAST in one write (RFC 3030 §3);
 *   of a big one MAIL, RCPTs and the first chunk in one write, then chunks, of which many may be unanswered;
 * - PIPELINING alone: MAIL, RCPTs and DATA in one write (RFC 2920 §3.1), the message only after 354;
 * - CHUNKING alone, or neither: one command at a time, and nothing of the message when nobody is accepted.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import { type EnvelopeCommands, encodeCommand } from '../protocol/smtp-envelope.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type BodyBlock, type BodyBlocks, chunkBytes, flightBytes } from './body-blocks.ts';
import { encodeChunk, hearEnd, maxUnanswered, sendChunks } from './send-chunks.ts';
import { sendData } from './send-data.ts';
import type { RecipientOutcome } from './session.ts';
import { ExchangerLeaves, type SmtpLink } from '../net/smtp-link.ts';
import type { SmtpStep } from '../net/smtp-timeouts.ts';

const [nothing, dataCommand] = [Buffer.alloc(0), Buffer.from(encodeCommand('DATA'))];

export class SmtpTransaction {
  /** Whether the exchanger has left the transaction by itself. If not it needs RSET: Exim would take the next message under this sender. */
  isOver = false;
  /** The message was taken, for somebody. */
  isAccepted = false;
  /** It failed, and the exchanger cannot have taken the message: whoever has the body still may try again elsewhere. */
  isRepeatable = false;
  readonly #link: SmtpLink;
  readonly #offers: EsmtpCapabilities;
  readonly #commands: EnvelopeCommands;
  readonly #body: BodyBlocks;
  /** For each recipient the reply that settled it alone. */
  readonly #refusals: (SmtpReply | undefined)[];
  #isSenderRefused = false;
  #isAnswered = false;
  #startMs = 0;

  constructor(link: SmtpLink, offers: EsmtpCapabilities, commands: EnvelopeCommands, body: BodyBlocks) {
    this.#link = link;
    this.#offers = offers;
    this.#commands = commands;
    this.#body = body;
    this.#refusals = commands.recipients.map(() => undefined);
  }

  /** One outcome per recipient. */
  async run(): Promise<readonly RecipientOutcome[]> {
    this.#link.isMessageComplete = false;
    const common = await this.#settle();
    return this.#refusals.map((reply) => (reply === undefined ? common : { kind: 'replied', reply }));
  }

  /** What became of those that were not refused one by one. */
  async #settle(): Promise<RecipientOutcome> {
    try {
      const reply = await (this.#offers.chunking ? this.#deliverByChunks() : this.#deliverByData());
      this.isAccepted = this.isOver && !isRefusal(reply);
      return { kind: 'replied', reply };
    } catch (thrown) {
      // also when the message failed to come from the MTA: the part that was sent must never be taken for the whole
      this.#link.cutOff();
      this.isRepeatable = !this.#isAnswered && isBeforeTheMessage(thrown);
      if (thrown instanceof ExchangerLeaves) return { kind: 'replied', reply: thrown.reply };
      return { kind: 'failed', error: toOnionmxError(thrown) };
    }
  }

  async #deliverByChunks(): Promise<SmtpReply> {
    if (this.#offers.pipelining) return this.#deliverInFlight(await this.#body.next(flightBytes));
    const answer = await this.#offerEnvelope();
    if (!this.#isWanted()) return answer;
    const first = await this.#body.next(chunkBytes);
    return this.#noteLastChunk(await sendChunks(this.#link, this.#body, { first, maxUnanswered: 0 }));
  }

  /** `first` leaves with the envelope. When it is the whole message, the reply to it is the last word. */
  async #deliverInFlight(first: BodyBlock): Promise<SmtpReply> {
    // on a link that broke while the message came, nothing of it will have left
    if (first.isLast && this.#link.isUsable) this.#link.isMessageComplete = true;
    await this.#offerEnvelope(encodeChunk(first));
    if (first.isLast) return this.#noteLastChunk(await hearEnd(this.#link, this.#body));
    if (!this.#isWanted()) return this.#link.nextReply('BDAT');
    return this.#noteLastChunk(await sendChunks(this.#link, this.#body, { first: undefined, maxUnanswered }));
  }

  /** A refused chunk makes the transaction void, but leaves it there (RFC 3030 §2). */
  #noteLastChunk(reply: SmtpReply): SmtpReply {
    this.isOver = !isRefusal(reply);
    return reply;
  }

  async #deliverByData(): Promise<SmtpReply> {
    const answer = await this.#offerEnvelope(dataCommand);
    if (!this.#isWanted() && !this.#offers.pipelining) return answer;
    const goAhead = await this.#ask('DATA', 'DATA');
    if (isRefusal(goAhead)) return goAhead;
    if (!this.#isWanted()) return this.#sendNoData(goAhead);
    const reply = await sendData(this.#link, this.#body);
    this.isOver = true;
    return reply;
  }

  /** MAIL and the RCPTs, with `tail` behind them where pipelining is offered. The last reply. */
  async #offerEnvelope(tail: Buffer = nothing): Promise<SmtpReply> {
    const { mail, recipients } = this.#commands;
    this.#startMs = performance.now();
    if (this.#offers.pipelining) {
      const commands = [mail, ...recipients].map(encodeCommand).join('');
      void this.#link.write(Buffer.concat([Buffer.from(commands), tail]));
    }
    let reply = await this.#ask(mail, 'MAIL');
    this.#isSenderRefused = isRefusal(reply);
    if (this.#isSenderRefused) this.#refusals.fill(reply);
    if (this.#isSenderRefused && !this.#offers.pipelining) return reply;
    for (const [index, command] of recipients.entries()) {
      reply = await this.#ask(command, 'RCPT');
      if (isRefusal(reply)) this.#refusals[index] ??= reply;
    }
    return reply;
  }

  /** The reply to a command of the envelope, which with pipelining has been sent before. */
  async #ask(command: string, step: SmtpStep): Promise<SmtpReply> {
    const reply = await (this.#offers.pipelining
      ? this.#link.nextReply(step, this.#startMs)
      : this.#link.ask(command, step, this.#startMs));
    this.#isAnswered = true;
    return reply;
  }

  #isWanted(): boolean {
    return this.#refusals.includes(undefined);
  }

  /** 354 although nobody was accepted: a dot alone ends it (RFC 2920 §3.1), unless it may be for a sender of before. */
  async #sendNoData(goAhead: SmtpReply): Promise<SmtpReply> {
    if (!this.#isSenderRefused) return this.#link.ask('.', 'the end of the message');
    this.#link.cutOff();
    return goAhead;
  }
}

/**
 * Lost before the end of the message had left; or 421 came in place of the first reply: whoever says that obeys nothing more
 * (RFC 5321 §3.8). A link that is lost behind the end is another thing: servers may keep their replies back until they have
 * obeyed all that came in one write.
 */
function isBeforeTheMessage(thrown: unknown): boolean {
  return (
    thrown instanceof ExchangerLeaves || (thrown instanceof OnionmxError && thrown.code === 'exchanger-lost')
  );
}
