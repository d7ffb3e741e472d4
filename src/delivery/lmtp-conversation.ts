/**
 * Talks LMTP (RFC 2033) with one client, such as Postfix's lmtp(8), for whatever receiver stands behind it.
 *
 * Clients pipeline (RFC 2920), and lmtp(8) sends QUIT together with the final dot: it takes a 221 that comes too early, or
 * garbage and a 221, for success, and the mail is lost. So replies leave strictly in order, and when anything goes wrong
 * inside, the connection is destroyed without a word: the MTA keeps the message.
 * Left out: CHUNKING and STARTTLS, which lmtp(8) does not use on a local socket.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { takeCommandLine } from '../protocol/command-lines.ts';
import { type LmtpCommand, parseLmtpCommand } from '../protocol/lmtp-command.ts';
import { formatReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { IncomingBody } from './lmtp-body.ts';
import { refuseMailParameters, refuseRcptParameters } from './lmtp-parameters.ts';
import type { LmtpOffer, MessageReceiver } from './lmtp-receiver.ts';
import type { EnvelopePath } from './session.ts';

const maxRecipients = 1000;
/** How long a client may take to close after our last word. */
const lingerMs = 5000;

interface ConversationOptions {
  /** Named in the greeting and the log. */
  readonly name: string;
  readonly log: Log;
  /** How long the client may be silent, or take nothing. */
  readonly idleMs: number;
}

/** RFC 5321 §4.5.3.2.7. */
export const defaultIdleMs = 300_000;

interface Transaction {
  readonly sender: EnvelopePath;
  readonly recipients: EnvelopePath[];
}

/** Greets, serves until either side ends it, and closes the connection. Never throws. */
export async function converse(
  connection: Connection,
  receiver: MessageReceiver,
  options: ConversationOptions,
): Promise<void> {
  try {
    await new Conversation(connection, receiver, options).run();
  } catch (thrown) {
    logEnd(toOnionmxError(thrown), options);
  } finally {
    connection.destroy();
  }
}

/** Writes one reply and closes: for clients that cannot be served. Never throws. */
export async function turnAway(
  connection: Connection,
  reply: SmtpReply,
  { idleMs }: ConversationOptions,
): Promise<void> {
  try {
    await connection.write(formatReply(reply), idleMs);
    await hangUp(connection);
  } catch {
    // the client has gone already: nobody is left to be told
  } finally {
    connection.destroy();
  }
}

class Conversation {
  readonly #connection: Connection;
  readonly #receiver: MessageReceiver;
  readonly #name: string;
  readonly #idleMs: number;
  #pending: Buffer = Buffer.alloc(0);
  #unsent = '';
  #isGreeted = false;
  #isOver = false;
  #transaction: Transaction | undefined;

  constructor(connection: Connection, receiver: MessageReceiver, { name, idleMs }: ConversationOptions) {
    this.#connection = connection;
    this.#receiver = receiver;
    this.#name = name;
    this.#idleMs = idleMs;
  }

  async run(): Promise<void> {
    this.#say(220, `${this.#name} LMTP onionmx`);
    while (!this.#isOver) {
      const taken = takeCommandLine(this.#pending);
      if (taken.kind === 'incomplete') {
        await this.#readMore();
      } else if (taken.kind === 'broken') {
        this.#end(taken.reply);
      } else {
        this.#pending = taken.rest;
        await this.#perform(parseLmtpCommand(taken.line));
      }
    }
    await this.#flush();
    await hangUp(this.#connection);
  }

  async #readMore(): Promise<void> {
    await this.#flush();
    try {
      const bytes = await this.#connection.read(this.#idleMs);
      if (bytes === null) this.#isOver = true;
      else this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    } catch (error) {
      if (toOnionmxError(error).code !== 'connection-timeout') throw error;
      this.#end({ code: 421, lines: ['4.4.2 nothing heard for too long'] });
    }
  }

  #perform(command: LmtpCommand): Promise<void> | void {
    switch (command.verb) {
      case 'LHLO':
        return this.#greet();
      case 'MAIL':
        return this.#mail(command.argument);
      case 'RCPT':
        return this.#rcpt(command.argument);
      case 'DATA':
        return this.#data();
      case 'RSET':
        this.#transaction = undefined;
        return this.#say(250, '2.0.0 Ok');
      case 'NOOP':
        return this.#say(250, '2.0.0 Ok');
      case 'VRFY':
        return this.#say(252, '2.0.0 send some mail, the exchanger will tell');
      case 'HELP':
        return this.#say(214, '2.0.0 this is LMTP (RFC 2033) for onion mail exchangers');
      case 'QUIT':
        return this.#end({ code: 221, lines: ['2.0.0 Bye'] });
      case 'refused':
        return this.#reply(command.reply);
    }
  }

  #greet(): void {
    this.#isGreeted = true;
    this.#transaction = undefined;
    this.#reply({ code: 250, lines: [this.#name, ...keywordsFor(this.#receiver.offer)] });
  }

  async #mail(sender: EnvelopePath): Promise<void> {
    if (!this.#isGreeted) return this.#say(503, '5.5.1 say LHLO first');
    if (this.#transaction !== undefined) return this.#say(503, '5.5.1 nested MAIL command');
    const refusal = refuseMailParameters(sender.parameters, this.#receiver.offer);
    if (refusal !== undefined) return this.#reply(refusal);
    const ending = await this.#receiver.beginTransaction();
    if (ending !== undefined) return this.#end(ending);
    this.#transaction = { sender, recipients: [] };
    this.#say(250, '2.1.0 Ok');
  }

  async #rcpt(recipient: EnvelopePath): Promise<void> {
    if (this.#transaction === undefined) return this.#say(503, '5.5.1 need MAIL command');
    const { recipients } = this.#transaction;
    if (recipients.length >= maxRecipients) return this.#say(452, '4.5.3 too many recipients');
    const refusal = refuseRcptParameters(recipient.parameters, this.#receiver.offer);
    if (refusal !== undefined) return this.#reply(refusal);
    const reply = await this.#receiver.acceptRecipient(recipient);
    if (isSuccess(reply)) recipients.push(recipient);
    this.#reply(reply);
  }

  async #data(): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#say(503, '5.5.1 need MAIL command');
    if (transaction.recipients.length === 0) return this.#say(503, '5.5.1 no valid recipients'); // RFC 2033 §4.2
    this.#transaction = undefined;
    this.#say(354, 'end data with <CR><LF>.<CR><LF>');
    await this.#flush();
    const body = new IncomingBody(
      () => this.#connection.read(this.#idleMs),
      this.#pending,
      this.#receiver.offer.maxMessageBytes ?? 0,
    );
    const replies = await this.#receiver.deliver(transaction, body);
    assertHonest(replies, transaction, body);
    this.#pending = await body.drain();
    for (const reply of replies) this.#reply(reply);
    await this.#flush();
  }

  #say(code: number, text: string): void {
    this.#reply({ code, lines: [text] });
  }

  #end(reply: SmtpReply): void {
    this.#reply(reply);
    this.#isOver = true;
  }

  #reply(reply: SmtpReply): void {
    this.#unsent += formatReply(reply);
  }

  async #flush(): Promise<void> {
    const replies = this.#unsent;
    this.#unsent = '';
    if (replies !== '') await this.#connection.write(replies, this.#idleMs);
  }
}

function keywordsFor({ eightBitMime, smtpUtf8, dsn, requireTls, maxMessageBytes }: LmtpOffer): string[] {
  return [
    'PIPELINING',
    'ENHANCEDSTATUSCODES',
    ...(eightBitMime ? ['8BITMIME'] : []),
    ...(smtpUtf8 ? ['SMTPUTF8'] : []),
    ...(dsn ? ['DSN'] : []),
    ...(requireTls ? ['REQUIRETLS'] : []),
    ...(maxMessageBytes === undefined ? [] : [maxMessageBytes === 0 ? 'SIZE' : `SIZE ${maxMessageBytes}`]),
  ];
}

/** The last guard against loss: one reply each, and no success for a message of which we have not seen the end. */
function assertHonest(replies: readonly SmtpReply[], { recipients }: Transaction, body: IncomingBody): void {
  if (replies.length !== recipients.length) {
    throw new OnionmxError('bug', `${replies.length} replies for ${recipients.length} recipients`);
  }
  if (body.rest === undefined && replies.some(isSuccess)) {
    throw new OnionmxError('bug', 'a message was called delivered before all of it was read');
  }
}

function isSuccess({ code }: SmtpReply): boolean {
  return code >= 200 && code <= 299;
}

/** Lets the client read what was written before both sides go. */
async function hangUp(connection: Connection): Promise<void> {
  connection.end();
  await connection.read(lingerMs);
}

/** A client that goes away is its own business; the rest is ours. */
function logEnd(error: OnionmxError, { log, name }: ConversationOptions): void {
  const fields = { endpoint: name, ...errorFields(error) };
  if (error.place === 'bug') log.error(fields, 'an LMTP conversation broke off');
  else log.debug(fields, 'an LMTP client went away');
}
