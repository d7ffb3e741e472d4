/** Hands one harmless message to a listener that accepted strangers. Only with `--prove`; never more than one message. */
import { greetSmtp } from '../net/greet-smtp.ts';
import { ExchangerLeaves, SmtpLink } from '../net/smtp-link.ts';
import { defaultTimeoutsMs } from '../net/smtp-timeouts.ts';
import { toOnionmxError } from '../errors.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { buildProofMessage, type ProofEnvelope, readQueueId } from './proof.ts';
import type { RelayProbe } from './run-attempts.ts';

export interface RelayProof {
  /** undefined: no envelope that can be proved was accepted, and nothing was sent. */
  readonly envelope: ProofEnvelope | undefined;
  /** The message was taken. */
  readonly isTaken: boolean;
  /** In the listener's words. */
  readonly said: string;
  readonly queueId: string | undefined;
}

/** Hosts punish errors, so not all are asked for again. */
const maxEnvelopes = 8;

/** Never throws. */
export async function proveRelay(
  probe: Pick<RelayProbe, 'connect' | 'name' | 'heloName'>,
  envelopes: readonly ProofEnvelope[],
): Promise<RelayProof> {
  let link: SmtpLink | undefined;
  let sent: ProofEnvelope | undefined;
  try {
    link = new SmtpLink(await probe.connect(), probe.name, defaultTimeoutsMs);
    await greetSmtp(link, probe.heloName);
    const { envelope, said } = await offer(link, envelopes.slice(0, maxEnvelopes));
    if (envelope === undefined) return nothingSent(said);
    sent = envelope;
    const reply = await send(link, buildProofMessage(envelope, new Date()));
    const text = quoteReply(reply);
    return { envelope, isTaken: !isRefusal(reply), said: text, queueId: readQueueId(text) };
  } catch (thrown) {
    const said = thrown instanceof ExchangerLeaves ? thrown.message : toOnionmxError(thrown).message;
    return { ...nothingSent(said), envelope: sent };
  } finally {
    await link?.close();
  }
}

function nothingSent(said: string): RelayProof {
  return { envelope: undefined, isTaken: false, said, queueId: undefined };
}

/** The first that is accepted, and is then waiting for its message. */
async function offer(
  link: SmtpLink,
  envelopes: readonly ProofEnvelope[],
): Promise<{ envelope: ProofEnvelope | undefined; said: string }> {
  let said = 'no envelope that was accepted can be proved without a recipient who might exist';
  for (const envelope of envelopes) {
    let reply = await link.ask(`MAIL FROM:<${envelope.sender}>`, 'MAIL');
    if (!isRefusal(reply)) reply = await link.ask(`RCPT TO:<${envelope.recipient}>`, 'RCPT');
    if (!isRefusal(reply)) return { envelope, said: quoteReply(reply) };
    said = `${envelope.recipient}: ${quoteReply(reply)}`;
    await link.ask('RSET', 'RSET');
  }
  return { envelope: undefined, said };
}

async function send(link: SmtpLink, message: string): Promise<SmtpReply> {
  const goAhead = await link.ask('DATA', 'DATA');
  if (isRefusal(goAhead)) return goAhead;
  void link.write(`${message}.\r\n`);
  return link.nextReply('the end of the message');
}
