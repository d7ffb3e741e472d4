/** Begins an SMTP session (RFC 5321 §3.1, §3.2): the banner, EHLO, and HELO for a server that does not know EHLO. No STARTTLS: the onion service authenticates and encrypts. */
import { OnionmxError } from '../errors.ts';
import type { Connection } from '../net/connection.ts';
import { type EsmtpCapabilities, noCapabilities, parseCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import type { Session } from './session.ts';
import { ExchangerLeaves, SmtpLink } from './smtp-link.ts';
import { SmtpSession } from './smtp-session.ts';
import type { SmtpTimeoutsMs } from './smtp-timeouts.ts';

export interface OpenSessionOptions {
  /** What we call ourselves in EHLO: a host name, or an address literal such as `[127.0.0.1]`. */
  readonly heloName: string;
  readonly timeoutsMs: SmtpTimeoutsMs;
}

/**
 * Takes the connection over. Throws `exchanger-refused` with the exchanger's own words, or what SmtpLink throws;
 * the connection is closed then.
 */
export async function openSession(
  connection: Connection,
  exchanger: Exchanger,
  { heloName, timeoutsMs }: OpenSessionOptions,
): Promise<Session> {
  const link = new SmtpLink(connection, exchanger, timeoutsMs);
  try {
    return new SmtpSession(link, exchanger, await greet(link, heloName));
  } catch (thrown) {
    void link.close();
    throw thrown instanceof ExchangerLeaves ? refused(link, thrown.reply) : thrown;
  }
}

async function greet(link: SmtpLink, heloName: string): Promise<EsmtpCapabilities> {
  // nothing is sent before the banner: servers take early talkers for spammers
  const banner = await link.nextReply('our connection');
  if (isRefusal(banner)) throw refused(link, banner);
  const answer = await link.ask(`EHLO ${heloName}`, 'EHLO');
  if (!isRefusal(answer)) return parseCapabilities(answer);
  if (answer.code < 500) throw refused(link, answer);
  const plainAnswer = await link.ask(`HELO ${heloName}`, 'HELO');
  if (isRefusal(plainAnswer)) throw refused(link, plainAnswer);
  return noCapabilities;
}

function refused({ name }: SmtpLink, reply: SmtpReply): OnionmxError {
  return new OnionmxError('exchanger-refused', `${name} refuses the session: ${quoteReply(reply)}`, {
    hint: 'ask the operator of that host; the MTA keeps the message and tries again',
  });
}
