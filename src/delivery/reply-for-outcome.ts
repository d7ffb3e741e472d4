/**
 * What the MTA is told about each recipient after the message (RFC 2033 §4.2): the exchanger's own words, or why there are none.
 * Never 2xx unless the exchanger said 2xx. Our failures are 451, or 550 and 552 when trying again cannot help.
 */
import type { OnionmxError } from '../errors.ts';
import { plainReply } from '../protocol/plain-reply.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import type { RecipientOutcome } from './session.ts';

export function replyForOutcome(outcome: RecipientOutcome): SmtpReply {
  return outcome.kind === 'failed' ? replyForFailure(outcome.error) : replyForExchanger(outcome.reply);
}

export function replyForFailure(error: OnionmxError): SmtpReply {
  return plainReply(codeFor(error), `${error.status} ${error.message}`);
}

/** 421, for a greeting or before closing: the MTA leaves this one destination alone for a while. Always temporary. */
export function closingReply(error: OnionmxError): SmtpReply {
  return plainReply(421, `${error.status.replace(/^5/, '4')} ${error.message}`);
}

function codeFor(error: OnionmxError): number {
  if (!error.permanent) return 451;
  return error.status === '5.3.4' ? 552 : 550; // 552 is the code of "too big" (RFC 1870 §6.1)
}

/** Word for word, but for two codes that would mean something else here. */
function replyForExchanger({ code, lines }: SmtpReply): SmtpReply {
  // 421 says that the speaker closes the connection: the exchanger does, this endpoint does not, other recipients wait
  if (code === 421) return { code: 451, lines };
  if ((code >= 200 && code <= 299) || (code >= 400 && code <= 599)) return { code, lines };
  return plainReply(451, `4.5.0 unexpected reply of the exchanger: ${code} ${lines.join(' ')}`);
}
