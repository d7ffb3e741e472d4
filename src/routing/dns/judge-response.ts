/** Whether a resolver's response says something about the name, or why it does not. */
import type { DnsResponse } from '../../protocol/dns-response.ts';

/** From the most telling to the least: the first of several failures by this order is reported. */
export const failureReasons = [
  'bogus',
  'servfail',
  'refused',
  'malformed',
  'tls-failed',
  'timeout',
  'unreachable',
] as const;
export type AskFailureReason = (typeof failureReasons)[number];

export interface Judgement {
  readonly why: AskFailureReason;
  readonly detail: string;
}

const rcodeNoError = 0;
export const rcodeNxDomain = 3;
const rcodeServFail = 2;
const rcodeRefused = 5;
const rcodeNames = new Map([
  [1, 'FORMERR'],
  [rcodeServFail, 'SERVFAIL'],
  [4, 'NOTIMP'],
  [rcodeRefused, 'REFUSED'],
  [16, 'BADVERS'],
]);

/** Undefined when the resolver has said something about the name. */
export function judgeResponse(response: DnsResponse): Judgement | undefined {
  const { rcode, extendedErrors } = response;
  if (rcode === rcodeNxDomain) return undefined;
  if (rcode === rcodeNoError)
    return isEmptyShrug(response) ? { why: 'refused', detail: noRecursion } : undefined;
  const rcodeName = rcodeNames.get(rcode) ?? `RCODE ${rcode}`;
  const reasons = extendedErrors.map(({ code, text }) => `extended error ${code} ${text}`.trimEnd());
  return { why: reasonFor(response), detail: [rcodeName, ...reasons].join(', ') };
}

const noRecursion = 'an empty answer from a server that does not recurse';

/** Otherwise a server that only refers to others would read as "this domain has no onion": mail on the clear net. */
function isEmptyShrug(response: DnsResponse): boolean {
  const { records, aliases, negativeTtlSeconds } = response;
  const isEmpty = records.length === 0 && aliases.length === 0 && negativeTtlSeconds === undefined;
  return isEmpty && !response.isFromResolver;
}

function reasonFor({ rcode, extendedErrors }: DnsResponse): AskFailureReason {
  if (rcode === rcodeRefused) return 'refused';
  // RFC 8914 §4.7-4.13: the family of DNSSEC failures.
  const isBogus = extendedErrors.some(({ code }) => code >= 6 && code <= 12);
  return rcode === rcodeServFail && isBogus ? 'bogus' : 'servfail';
}
