/** The first words of an SMTP session (RFC 5321 §3.1, §3.2): the banner, EHLO, and HELO for a server that does not know EHLO. */
import { OnionmxError } from '../errors.ts';
import { type EsmtpCapabilities, noCapabilities, parseCapabilities } from '../protocol/esmtp-capabilities.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { ExchangerLeaves, type SmtpLink } from './smtp-link.ts';

/**
 * What the server offers. `heloName` is a host name, or an address literal such as `[127.0.0.1]`.
 * Throws `exchanger-refused` with the server's own words, or what SmtpLink throws; the link is closed then.
 */
export async function greetSmtp(link: SmtpLink, heloName: string): Promise<EsmtpCapabilities> {
  try {
    return await greet(link, heloName);
  } catch (thrown) {
    void link.close();
    throw thrown instanceof ExchangerLeaves ? refused(link, thrown.reply) : thrown;
  }
}

async function greet(link: SmtpLink, heloName: string): Promise<EsmtpCapabilities> {
  // nothing is sent before the banner: servers take early talkers for spammers
  const banner = await link.nextReply('our connection');
  if (isRefusal(banner)) throw refused(link, banner);
  // RFC 8689 §2: it counts inside of TLS alone, where nobody on the way can have put it in
  return { ...(await sayHello(link, heloName)), requireTls: false };
}

/** What the server offers. Throws `exchanger-refused`, ExchangerLeaves and what SmtpLink throws. */
export async function sayHello(link: SmtpLink, heloName: string): Promise<EsmtpCapabilities> {
  const answer = await link.ask(`EHLO ${heloName}`, 'EHLO');
  if (!isRefusal(answer)) return parseCapabilities(answer);
  if (answer.code < 500) throw refused(link, answer);
  const plainAnswer = await link.ask(`HELO ${heloName}`, 'HELO');
  if (isRefusal(plainAnswer)) throw refused(link, plainAnswer);
  return noCapabilities;
}

export function refused({ name }: SmtpLink, reply: SmtpReply): OnionmxError {
  return new OnionmxError('exchanger-refused', `${name} refuses the session: ${quoteReply(reply)}`, {
    hint: 'ask the operator of that host; the MTA keeps the message and tries again',
  });
}
