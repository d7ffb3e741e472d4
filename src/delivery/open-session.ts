/** Begins an SMTP session with an exchanger. No STARTTLS unless a message wants it (tls-need.ts): the onion service authenticates and encrypts. */
import type { Connection } from '../net/connection.ts';
import { greetSmtp } from '../net/greet-smtp.ts';
import { SmtpLink } from '../net/smtp-link.ts';
import type { SmtpTimeoutsMs } from '../net/smtp-timeouts.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import { SmtpSession } from './smtp-session.ts';

export interface OpenSessionOptions {
  /** What we call ourselves in EHLO: a host name, or an address literal such as `[127.0.0.1]`. */
  readonly heloName: string;
  readonly timeoutsMs: SmtpTimeoutsMs;
  /** See start-tls.ts. */
  readonly ca?: string | undefined;
}

/** Takes the connection over. Throws what greetSmtp throws; the connection is closed then. */
export async function openSession(
  connection: Connection,
  exchanger: Exchanger,
  { heloName, timeoutsMs, ca }: OpenSessionOptions,
): Promise<SmtpSession> {
  const link = new SmtpLink(connection, formatExchanger(exchanger), timeoutsMs);
  return new SmtpSession(link, exchanger, await greetSmtp(link, heloName), { heloName, ca });
}
