/** Talks to an exchanger without sending mail, and tells what it said to each step and how long that took. */
import type { Connection } from '../net/connection.ts';
import { type Exchanger } from '../protocol/exchanger.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { SmtpLink } from './smtp-link.ts';
import { defaultTimeoutsMs, type SmtpStep } from './smtp-timeouts.ts';

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
  const link = new SmtpLink(connection, exchanger, defaultTimeoutsMs);

  async function take(step: ProbeStep['step'], ask: () => Promise<SmtpReply>): Promise<boolean> {
    const startMs = performance.now();
    const reply = await ask();
    onStep({ step, ms: Math.round(performance.now() - startMs), reply });
    return !isRefusal(reply);
  }
  const say = (step: ProbeStep['step'] & SmtpStep, command: string) =>
    take(step, () => link.ask(command, step));

  try {
    if (!(await take('banner', () => link.nextReply('our connection')))) return;
    const isGreeted = (await say('EHLO', `EHLO ${heloName}`)) || (await say('HELO', `HELO ${heloName}`));
    if (!isGreeted || recipient === undefined) return;
    if (await say('MAIL', 'MAIL FROM:<>')) await say('RCPT', `RCPT TO:<${recipient}>`);
    await say('RSET', 'RSET');
  } finally {
    await link.close();
  }
}
