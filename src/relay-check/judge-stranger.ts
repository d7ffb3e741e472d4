/** What each list of restrictions says to a recipient whose domain is none of ours. */
import { type Judgement, judgeList } from './judge-restrictions.ts';
import type { OnionClient } from './onion-client.ts';
import type { SmtpdListener } from '../mail-host/postfix-listeners.ts';

/** Accepting a stranger's recipient is decided by these two; the others can only refuse. */
export const relayLists = ['smtpd_relay_restrictions', 'smtpd_recipient_restrictions'] as const;
const recipientLists = [
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
  ...relayLists,
] as const;

export type ListJudgement = Judgement & { readonly list: string };

export function judgeStranger(listener: SmtpdListener, client: OnionClient): readonly ListJudgement[] {
  return recipientLists.map((list) => ({
    list,
    ...judgeList(listener, list, { client, recipient: 'stranger' }),
  }));
}

/** With smtpd_delay_reject = no the first lists are read before there is a recipient, and refuse none for its domain. */
export function findRefusing(
  listener: SmtpdListener,
  judgements: readonly ListJudgement[],
): readonly ListJudgement[] {
  const knowsRecipient = listener.parameter('smtpd_delay_reject')?.toLowerCase() !== 'no';
  return judgements.filter(
    ({ list, verdict, by }) =>
      verdict === 'refuses' && (knowsRecipient || isRelayList(list) || by === 'reject' || by === 'defer'),
  );
}

function isRelayList(list: string): boolean {
  return relayLists.some((name) => name === list);
}

export function findPermitting(judgements: readonly ListJudgement[]): ListJudgement | undefined {
  return judgements.find(({ list, verdict }) => verdict === 'permits' && isRelayList(list));
}
