/** Asks an exchanger for its certificate, and sends no mail: EHLO, STARTTLS (RFC 3207), QUIT. */
import type { Connection } from '../net/connection.ts';
import { greetSmtp } from '../net/greet-smtp.ts';
import { SmtpLink } from '../net/smtp-link.ts';
import { defaultTimeoutsMs, type SmtpTimeoutsMs } from '../net/smtp-timeouts.ts';
import { type ServerCertificate, startTls } from '../net/start-tls.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';

export type ShownCertificate =
  | ({ readonly kind: 'shown' } & ServerCertificate)
  /** It has none to show. */
  | { readonly kind: 'none'; readonly why: string };

export interface ShowCertificateOptions {
  readonly heloName: string;
  /** See start-tls.ts. */
  readonly serverName?: string;
  readonly ca?: string;
  readonly timeoutsMs?: SmtpTimeoutsMs;
}

/** Takes the connection over. Throws `exchanger-refused`, `tls-failed` and what SmtpLink throws; a certificate that is not trusted is no failure. */
export async function showCertificate(
  connection: Connection,
  exchanger: Exchanger,
  { timeoutsMs = defaultTimeoutsMs, ...options }: ShowCertificateOptions,
): Promise<ShownCertificate> {
  const link = new SmtpLink(connection, formatExchanger(exchanger), timeoutsMs);
  const { startTls: isOffered } = await greetSmtp(link, options.heloName);
  if (!isOffered) {
    void link.close();
    return { kind: 'none', why: `${link.name} does not offer STARTTLS` };
  }
  const secured = await startTls(link, options);
  void secured.link.close();
  return { kind: 'shown', ...secured.certificate };
}
