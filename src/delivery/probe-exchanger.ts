/** Talks to an exchanger without sending mail, and tells what it said to each step and how long that took. */
import type { Connection } from '../net/connection.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { ExchangerLeaves, SmtpLink } from '../net/smtp-link.ts';
import { defaultTimeoutsMs, type SmtpStep } from '../net/smtp-timeouts.ts';

export interface ProbeStep {
  readonly step: 'banner' | 'EHLO' | 'HELO' | 'MAIL' | 'RCPT' | 'RSET';
  readonly ms: number;
  readonly reply: SmtpReply;
}

export interface ProbeOptions {
  readonly heloName: string;
  /** Asked whether it is accepted, from the null sender (RFC 5321 §4.5.5); the transaction is then reset. */
  readonly recipient: string | undefined;
}

/** Takes the connection over. Ends after the first refusal. `onStep` is called as each step is done; throws what SmtpLink throws. */
export async function probeExchanger(
  connection: Connection,
  exchanger: Exchanger,
  { heloName, recipient }: ProbeOptions,
  onStep: (step: ProbeStep) => void,
): Promise<void> {
  const link = new SmtpLink(connection, formatExchanger(exchanger), defaultTimeoutsMs);

  async function take(step: ProbeStep['step'], ask: () => Promise<SmtpReply>): Promise<SmtpReply> {
    const startMs = performance.now();
    const reply = await ask().catch(replyOfLeaving);
    onStep({ step, ms: Math.round(performance.now() - startMs), reply });
    return reply;
  }
  const say = (step: ProbeStep['step'] & SmtpStep, command: string) =>
    take(step, () => link.ask(command, step));

  /** HELO only where delivery tries it too: after a reply that says that EHLO is unknown. */
  async function isGreeted(): Promise<boolean> {
    const answer = await say('EHLO', `EHLO ${heloName}`);
    if (!isRefusal(answer)) return true;
    return answer.code >= 500 && !isRefusal(await say('HELO', `HELO ${heloName}`));
  }

  try {
    if (isRefusal(await take('banner', () => link.nextReply('our connection')))) return;
    if (!(await isGreeted()) || recipient === undefined) return;
    if (!isRefusal(await say('MAIL', 'MAIL FROM:<>'))) await say('RCPT', `RCPT TO:<${recipient}>`);
    if (link.isUsable) await say('RSET', 'RSET');
  } finally {
    await link.close();
  }
}

/** 421 ends the session, and is an answer all the same. */
function replyOfLeaving(thrown: unknown): SmtpReply {
  if (thrown instanceof ExchangerLeaves) return thrown.reply;
  throw thrown;
}
