/**
 * The answer to one key of a transport table. Postfix's smtpd refuses every recipient while a table has trouble, local
 * ones too, so what is known of one domain (`retry:`, `error:`) is a found value; only our own failure is "try again".
 */
import { errorFields, type Log } from '../log.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import { BoundedMap } from '../routing/bounded-map.ts';
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
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Log;
}

/** At once what was answered a moment ago. Never throws or rejects. */
export type AnswerKey = (key: string) => LookupAnswer | Promise<LookupAnswer>;

/** An SMTP reply line holds 512 bytes (RFC 5321 §4.5.3.1.5), with the code and what Postfix puts before the reason. */
const maxReasonBytes = 400;

/**
 * For how long an answer is given again. Bursts of mail ask the same thing thousands of times a second; a change of the map, the
 * memory or DNS holds a second later, when Postfix itself keeps an answer for longer.
 */
const keptMs = 1000;
const maxKept = 10_000;

interface Kept {
  readonly answer: LookupAnswer;
  readonly untilMs: number;
}

export function createKeyAnswerer({ route, nexthopFor, now, log }: AnswerSources): AnswerKey {
  const kept = new BoundedMap<string, Kept>(maxKept);

  async function answerKey(key: string): Promise<LookupAnswer> {
    const found = domainOfKey(key);
    switch (found.kind) {
      case 'none':
        return logged({}, notFound(found.reason));
      case 'bad-onion':
        return logged({}, mailerAnswer('error', '5.1.2', found.reason));
      case 'domain':
        return answerDomain(found.domain, key);
    }
  }

  async function answerDomain(domain: DomainName, key: string): Promise<LookupAnswer> {
    try {
      const decision = await route(domain);
      const answer = await answerForRoute(decision.route);
      if (decision.isFleeting !== true) kept.set(key, { answer, untilMs: now() + keptMs });
      return logged({ domain }, answer);
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

  return (key) => {
    const last = kept.get(key);
    return last !== undefined && now() < last.untilMs ? last.answer : answerKey(key);
  };
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
