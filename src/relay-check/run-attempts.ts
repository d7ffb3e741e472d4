/** Tries every attempt on one listener: MAIL, RCPT, RSET, and never a message. */
import { OnionmxError } from '../errors.ts';
import type { Connection } from '../net/connection.ts';
import { greetSmtp } from '../net/greet-smtp.ts';
import { ExchangerLeaves, SmtpLink } from '../net/smtp-link.ts';
import { defaultTimeoutsMs } from '../net/smtp-timeouts.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type HostManners, judgeReply, type RelayOutcome } from './judge-reply.ts';
import type { RelayAttempt } from './relay-attempts.ts';

export interface RelayProbe {
  /** A new connection to the listener, on which nothing of SMTP has been said. */
  readonly connect: () => Promise<Connection>;
  /** For errors: `AAA.onion:25` or `127.0.0.1:2515`. */
  readonly name: string;
  readonly heloName: string;
  readonly ownDomain: DomainName;
  readonly attempts: readonly RelayAttempt[];
  /** A word that no user is called, such as `onionmx-no-such-user-4711`. */
  readonly noSuchUser: string;
}

type Envelope = Pick<RelayAttempt, 'sender' | 'recipients' | 'needsSmtpUtf8'>;

/** Postfix makes clients wait after 10 errors, and sends them away after 20. */
const envelopesPerSession = 8;

/** Throws what `connect` and greetSmtp throw, and `exchanger-…` when the listener breaks off: the outcomes so far stand. */
export async function runRelayAttempts(
  probe: RelayProbe,
  onOutcome: (outcome: RelayOutcome) => void,
): Promise<HostManners> {
  const line = new RelayLine(probe);
  try {
    const manners = await learnManners(line, probe);
    for (const attempt of probe.attempts) {
      const isSkipped = attempt.needsSmtpUtf8 && !(await line.takesSmtpUtf8());
      const reply = isSkipped ? undefined : await line.offer(attempt);
      const finding = reply === undefined ? 'skipped' : judgeReply(attempt, reply, manners);
      onOutcome({ attempt, finding, reply });
    }
    return manners;
  } finally {
    await line.close();
  }
}

async function learnManners(
  line: RelayLine,
  { ownDomain, attempts, noSuchUser }: RelayProbe,
): Promise<HostManners> {
  const offer = (recipient: string) =>
    line.offer({ sender: '', recipients: [recipient], needsSmtpUtf8: false });
  const control = await offer(`postmaster@${ownDomain}`);
  const catchAlls = new Set<string>();
  for (const home of new Set(attempts.flatMap((attempt) => attempt.home ?? []))) {
    const reply = await offer(home === '' ? noSuchUser : `${noSuchUser}@${home}`);
    if (!isRefusal(reply)) catchAlls.add(home);
  }
  return { control, catchAlls };
}

/** A session with the listener, and the next one when that is used up or ended by the other side. */
class RelayLine {
  readonly #probe: RelayProbe;
  #link: SmtpLink | undefined;
  #takesSmtpUtf8 = false;
  #offered = 0;

  constructor(probe: RelayProbe) {
    this.#probe = probe;
  }

  async takesSmtpUtf8(): Promise<boolean> {
    await this.#ready();
    return this.#takesSmtpUtf8;
  }

  /** The reply that settles it. */
  async offer(envelope: Envelope): Promise<SmtpReply> {
    const link = await this.#ready();
    try {
      return await this.#ask(link, envelope);
    } catch (thrown) {
      if (!hasLeft(thrown)) throw thrown;
      // it has had enough of this session; what it says to the same envelope in a fresh one is its answer
      await this.close();
      return this.#ask(await this.#ready(), envelope).catch(replyOfLeaving);
    }
  }

  async close(): Promise<void> {
    await this.#link?.close();
    this.#link = undefined;
  }

  async #ready(): Promise<SmtpLink> {
    if (this.#link?.isUsable === true && this.#offered < envelopesPerSession) return this.#link;
    await this.close();
    const link = new SmtpLink(await this.#probe.connect(), this.#probe.name, defaultTimeoutsMs);
    this.#takesSmtpUtf8 = (await greetSmtp(link, this.#probe.heloName)).smtpUtf8;
    this.#link = link;
    this.#offered = 0;
    return link;
  }

  async #ask(link: SmtpLink, { sender, recipients, needsSmtpUtf8 }: Envelope): Promise<SmtpReply> {
    this.#offered += 1;
    let reply = await link.ask(`MAIL FROM:<${sender}>${needsSmtpUtf8 ? ' SMTPUTF8' : ''}`, 'MAIL');
    if (isRefusal(reply)) return reply;
    for (const recipient of recipients) reply = await link.ask(`RCPT TO:<${recipient}>`, 'RCPT');
    await link.ask('RSET', 'RSET');
    return reply;
  }
}

/** With 421; Exim hangs up without, after its third reply to what it takes for a syntax error. */
function hasLeft(thrown: unknown): boolean {
  return (
    thrown instanceof ExchangerLeaves || (thrown instanceof OnionmxError && thrown.code === 'exchanger-lost')
  );
}

function replyOfLeaving(thrown: unknown): SmtpReply {
  if (thrown instanceof ExchangerLeaves) return thrown.reply;
  throw thrown;
}
