/**
 * The answer to one key of a transport table. Postfix's smtpd refuses every recipient while a table has trouble, local
 * ones too, so what is known of one domain (`retry:`, `error:`) is a found value; only our own failure is "try again".
 */
import { errorFields, type Log } from '../log.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import type { Decision, Route } from '../routing/route.ts';
import { domainOfKey } from './domain-of-key.ts';
import { toPrintableLine } from './printable-line.ts';

/** `value` and `reason` are one line of printable ASCII. */
export type LookupAnswer =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'not-found'; readonly reason: string }
  | { readonly kind: 'try-again'; readonly reason: string };

interface AnswerSources {
  readonly route: (domain: DomainName) => Promise<Decision>;
  /** Makes sure that the set has an endpoint, and names it as the MTA does, such as `onion:unix:onionmx/AAA.onion`. */
  readonly nexthopFor: (exchangers: ExchangerSet) => Promise<string>;
  readonly log: Log;
}

/** Never rejects. */
export type AnswerKey = (key: string) => Promise<LookupAnswer>;

/** An SMTP reply line holds 512 bytes (RFC 5321 §4.5.3.1.5), with the code and what Postfix puts before the reason. */
const maxReasonBytes = 400;

export function createKeyAnswerer({ route, nexthopFor, log }: AnswerSources): AnswerKey {
  async function answerKey(key: string): Promise<LookupAnswer> {
    const found = domainOfKey(key);
    switch (found.kind) {
      case 'none':
        return logged({}, notFound(found.reason));
      case 'bad-onion':
        return logged({}, mailerAnswer('error', '5.1.2', found.reason));
      case 'domain':
        return answerDomain(found.domain);
    }
  }

  async function answerDomain(domain: DomainName): Promise<LookupAnswer> {
    try {
      const { route: decided } = await route(domain);
      return logged({ domain }, await answerForRoute(decided));
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      log.warn({ domain, ...errorFields(error) }, 'a lookup failed: the MTA tries again');
      return tryAgain(error);
    }
  }

  async function answerForRoute(decided: Route): Promise<LookupAnswer> {
    switch (decided.kind) {
      case 'onion':
        return { kind: 'found', value: await nexthopFor(decided.exchangers) };
      case 'clearnet':
        return notFound(decided.reason);
      case 'defer':
        return mailerAnswer('retry', decided.status, decided.reason);
      case 'reject':
        return mailerAnswer('error', decided.status, decided.reason);
    }
  }

  function logged(fields: { domain?: DomainName }, answer: LookupAnswer): LookupAnswer {
    log.debug({ ...fields, answer: answer.kind, ...textOf(answer) }, 'lookup');
    return answer;
  }

  return answerKey;
}

/** transport(5): these two transports of Postfix's own answer 4xx and 5xx with the text, in smtpd and in the queue. */
function mailerAnswer(transport: 'retry' | 'error', status: string, reason: string): LookupAnswer {
  return { kind: 'found', value: `${transport}:${status} ${toPrintableLine(reason, maxReasonBytes)}` };
}

function notFound(reason: string): LookupAnswer {
  return { kind: 'not-found', reason: toPrintableLine(reason, maxReasonBytes) };
}

function tryAgain(error: OnionmxError): LookupAnswer {
  return { kind: 'try-again', reason: toPrintableLine(`onionmx: ${error.message}`, maxReasonBytes) };
}

function textOf(answer: LookupAnswer): { value: string } | { reason: string } {
  return answer.kind === 'found' ? { value: answer.value } : { reason: answer.reason };
}
