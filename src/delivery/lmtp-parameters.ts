/** Which ESMTP parameters an LMTP client may use, given what it was offered (RFC 1870, 3461, 6152, 6531, 8689). */
import { plainReply } from '../protocol/plain-reply.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import type { LmtpOffer } from './lmtp-receiver.ts';

interface KnownParameter {
  readonly pattern: RegExp;
  readonly isOffered: (offer: LmtpOffer) => boolean;
}

const hasDsn = (offer: LmtpOffer) => offer.dsn;
const sizePattern = /^SIZE=(\d{1,20})$/i;

const ofMail: readonly KnownParameter[] = [
  { pattern: sizePattern, isOffered: (offer) => offer.maxMessageBytes !== undefined },
  { pattern: /^BODY=(7BIT|8BITMIME)$/i, isOffered: (offer) => offer.eightBitMime },
  { pattern: /^SMTPUTF8$/i, isOffered: (offer) => offer.smtpUtf8 },
  { pattern: /^REQUIRETLS$/i, isOffered: (offer) => offer.requireTls },
  { pattern: /^(RET=(FULL|HDRS)|ENVID=.+)$/i, isOffered: hasDsn },
];
const ofRcpt: readonly KnownParameter[] = [{ pattern: /^(NOTIFY|ORCPT)=.+$/i, isOffered: hasDsn }];

/** undefined when the parameters of MAIL are fine. */
export function refuseMailParameters(parameters: readonly string[], offer: LmtpOffer): SmtpReply | undefined {
  return refuseUnknown(parameters, ofMail, offer) ?? refuseSize(parameters, offer.maxMessageBytes);
}

/** undefined when the parameters of RCPT are fine. */
export function refuseRcptParameters(parameters: readonly string[], offer: LmtpOffer): SmtpReply | undefined {
  return refuseUnknown(parameters, ofRcpt, offer);
}

function refuseUnknown(
  parameters: readonly string[],
  known: readonly KnownParameter[],
  offer: LmtpOffer,
): SmtpReply | undefined {
  const unknown = parameters.find(
    (parameter) => !known.some(({ pattern, isOffered }) => pattern.test(parameter) && isOffered(offer)),
  );
  return unknown === undefined ? undefined : plainReply(555, `5.5.4 parameter not offered here: ${unknown}`);
}

function refuseSize(parameters: readonly string[], maxBytes: number | undefined): SmtpReply | undefined {
  if (maxBytes === undefined || maxBytes === 0) return undefined;
  const tooBig = parameters.find((parameter) => Number(sizePattern.exec(parameter)?.[1] ?? 0) > maxBytes);
  return tooBig === undefined
    ? undefined
    : plainReply(552, `5.3.4 the exchanger takes ${maxBytes} bytes at most`);
}
