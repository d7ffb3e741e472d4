/** Goes on inside TLS with a server that offers STARTTLS (RFC 3207), and tells what certificate it showed: whether that is good enough, others decide. */
import type { TLSSocket } from 'node:tls';
import { parseAltNames } from '../protocol/certificate-name.ts';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import { isRefusal } from '../protocol/smtp-reply.ts';
import { toConnection } from './connection.ts';
import { refused, sayHello } from './greet-smtp.ts';
import { shakeHands } from './secure-connection.ts';
import { ExchangerLeaves, SmtpLink } from './smtp-link.ts';

export interface StartTlsOptions {
  readonly heloName: string;
  /** Which of its certificates a server of many domains is to show (RFC 6066 §3); undefined: its usual one. */
  readonly serverName?: string | undefined;
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string | undefined;
}

export interface ServerCertificate {
  /** The DNS names that it is for. */
  readonly names: readonly string[];
  /** It has not expired, and an authority that we know signed it. Its names are another question. */
  readonly isTrusted: boolean;
  /** Why it is not trusted. */
  readonly why?: string;
}

interface SecuredLink {
  readonly link: SmtpLink;
  /** Of the EHLO inside: nothing of what was said before counts (RFC 3207 §4.2). */
  readonly capabilities: EsmtpCapabilities;
  readonly certificate: ServerCertificate;
}

/**
 * Takes the link over, which has greeted already; go on with the one that comes back. Throws `exchanger-refused`, `tls-failed` and
 * what SmtpLink throws; the connection is closed then.
 */
export async function startTls(link: SmtpLink, options: StartTlsOptions): Promise<SecuredLink> {
  let current = link;
  try {
    const answer = await link.ask('STARTTLS', 'STARTTLS');
    if (isRefusal(answer)) throw refused(link, answer);
    const socket = await shakeHands(link.handOver(), link.name, link.timeoutsMs.hello, {
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(options.serverName === undefined ? {} : { servername: options.serverName }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    current = new SmtpLink(toConnection(socket, link.name), link.name, link.timeoutsMs);
    const capabilities = await sayHello(current, options.heloName);
    return {
      link: current,
      capabilities: { ...capabilities, startTls: false },
      certificate: readCertificate(socket),
    };
  } catch (thrown) {
    current.cutOff();
    throw thrown instanceof ExchangerLeaves ? refused(link, thrown.reply) : thrown;
  }
}

function readCertificate(socket: TLSSocket): ServerCertificate {
  const names = parseAltNames(socket.getPeerX509Certificate()?.subjectAltName ?? '');
  if (socket.authorized) return { names, isTrusted: true };
  return { names, isTrusted: false, why: String(socket.authorizationError) };
}
