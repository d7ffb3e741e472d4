/** One log line per recipient of a transaction: the domain for all to see, the person only at debug. */
import { errorFields, type Log } from '../log.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import type { EnvelopePath, RecipientOutcome } from './session.ts';

interface TransactionFacts {
  readonly endpoint: string;
  readonly exchanger: Exchanger;
  readonly bytes: number;
  readonly ms: number;
}

export function logOutcomes(
  log: Log,
  facts: TransactionFacts,
  recipients: readonly EnvelopePath[],
  outcomes: readonly RecipientOutcome[],
): void {
  for (const [index, { path }] of recipients.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) logOutcome(log, facts, path, outcome);
  }
}

function logOutcome(log: Log, facts: TransactionFacts, path: string, outcome: RecipientOutcome): void {
  const { endpoint, bytes, ms } = facts;
  const where = { endpoint, exchanger: formatExchanger(facts.exchanger), domain: domainOfAddress(path) };
  if (outcome.kind === 'failed') {
    log.info({ ...where, bytes, ms, ...errorFields(outcome.error) }, 'a recipient was not reached');
    return;
  }
  const { code, lines } = outcome.reply;
  log.info({ ...where, bytes, ms, reply: code }, 'the exchanger answered for a recipient');
  // the exchanger's words may repeat the address
  log.debug({ ...where, recipient: path, reply: code, lines }, 'the exchanger said');
}
