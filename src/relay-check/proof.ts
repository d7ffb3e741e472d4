/**
 * The harmless proof of an open relay: one small message that nobody can ever get. An accepted envelope is asked for again
 * with a recipient in a domain that cannot exist (`.invalid`, RFC 6761), and with a sender who gets no bounce outside.
 */
import { foreignDomain, outsideDomain, type RelayAttempt } from './relay-attempts.ts';

const proofDomain = 'onionmx-check.invalid';

export interface ProofEnvelope {
  readonly sender: string;
  readonly recipient: string;
}

/** Those of the accepted attempts that can be proved so: with one recipient, in whose address the stranger's domain is. */
export function buildProofEnvelopes(accepted: readonly RelayAttempt[]): readonly ProofEnvelope[] {
  return accepted.flatMap(({ sender, recipients, needsSmtpUtf8 }) => {
    const [recipient = '', ...more] = recipients;
    const harmless = replaceDomain(recipient, foreignDomain, proofDomain);
    if (more.length > 0 || needsSmtpUtf8 || harmless === recipient) return [];
    return [{ sender: isOutside(sender) ? '' : sender, recipient: harmless }];
  });
}

/** Complete, with CRLF line ends and no line that begins with a dot. */
export function buildProofMessage({ sender, recipient }: ProofEnvelope, date: Date): string {
  const lines = [
    `From: ${sender.includes('@') ? sender : `postmaster@${proofDomain}`}`,
    `To: <${recipient}>`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${date.getTime()}@${proofDomain}>`,
    'Subject: proof of an open relay',
    'Auto-Submitted: auto-generated',
    '',
    'This message was sent by "onionmx check relay --prove", to see whether this host passes on mail of strangers.',
    'Its recipient does not exist and it can be deleted. That it was accepted means: this host is an open relay.',
    '',
  ];
  return lines.join('\r\n');
}

/** `queued as 4D1A72BE0C6` (Postfix), `OK id=1xW7Rl-00009P-28` (Exim). */
export function readQueueId(text: string): string | undefined {
  return /\bqueued as ([0-9A-Za-z]+)|\bid=([0-9A-Za-z-]+)/.exec(text)?.slice(1).find(Boolean);
}

function replaceDomain(address: string, domain: string, other: string): string {
  return address.replace(new RegExp(domain.replaceAll('.', '\\.'), 'gi'), other);
}

function isOutside(sender: string): boolean {
  return [foreignDomain, outsideDomain].some((domain) => sender.toLowerCase().includes(domain));
}
