/**
 * One mail transaction with an exchanger (RFC 5321 §3.3), in as few round trips as it offers:
 * - PIPELINING and CHUNKING: a small message is one flight, MAIL, RCPTs and BDAT LAST in one write (RFC 3030 §3);
 *   of a big one MAIL and RCPTs in one write, then chunks, of which one may be unanswered while the next is sent;
 * - PIPELINING alone: MAIL, RCPTs and DATA in one write (RFC 2920 §3.1), the message only after 354;
 * - CHUNKING alone, or neither: one command at a time, and nothing of the message when nobody is accepted.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { DotEncoder } from '../protocol/encode-dots.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import { type EnvelopeCommands, encodeCommand } from '../protocol/smtp-envelope.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type BodyBlock, BodyBlocks } from './body-blocks.ts';
import type { RecipientOutcome } from './session.ts';
import { ExchangerLeaves, type SmtpLink } from './smtp-link.ts';
import type { SmtpStep } from './smtp-timeouts.ts';

/** What goes into one flight with the envelope: a write of this size costs no round trip, and little when it was in vain. */
const flightBytes = 64 * 1024;
const chunkBytes = 256 * 1024;

export class SmtpTransaction {
  /** True once the exchanger has no transaction any more. Otherwise it needs RSET: Exim takes the next MAIL for a second one. */
  isOver = false;
  readonly #link: SmtpLink;
  readonly #offers: EsmtpCapabilities;
  readonly #commands: EnvelopeCommands;
  readonly #body: BodyBlocks;
  readonly #startMs = performance.now();
  /** For each recipient the reply that settled it alone. */
  readonly #refusals: (SmtpReply | undefined)[];

  constructor(link: SmtpLink, offers: EsmtpCapabilities, commands: EnvelopeCommands, body: AsyncIterable<Uint8Array>) {
    this.#link = link;
    this.#offers = offers;
    this.#commands = commands;
    this.#body = new BodyBlocks(body);
    this.#refusals = commands.recipients.map(() => undefined);
  }

  /** One outcome per recipient. */
  async run(): Promise<readonly RecipientOutcome[]> {
    const common = await this.#settle();
    await this.#body.leave();
    return this.#refusals.map((reply) => (reply === undefined ? common : { kind: 'replied', reply }));
  }

  /** What became of those that were not refused one by one. */
  async #settle(): Promise<RecipientOutcome> {
    try {
      const { chunking } = this.#offers;
      const reply = await (chunking ? this.#deliverByChunks() : this.#deliverByData());
      return { kind: 'replied', reply };
    } catch (thrown) {
      // also when the message itself failed to come: what is sent of it must never be taken for the whole
      this.#link.cutOff();
      if (thrown instanceof ExchangerLeaves) return { kind: 'replied', reply: thrown.reply };
      return { kind: 'failed', error: toOnionmxError(thrown) };
    }
  }

  async #deliverByChunks(): Promise<SmtpReply> {
    const first = this.#offers.pipelining ? await this.#body.next(flightBytes) : undefined;
    if (first?.isLast === true) return this.#deliverInOneFlight(first);
    const answer = await this.#offerEnvelope();
    return this.#isWanted ? this.#sendChunks(first ?? (await this.#body.next(chunkBytes))) : answer;
  }

  async #deliverInOneFlight(message: BodyBlock): Promise<SmtpReply> {
    this.#link.isMessageComplete = true;
    await this.#offerEnvelope(encodeChunk(message));
    return this.#hearTheEnd();
  }

  async #deliverByData(): Promise<SmtpReply> {
  }
