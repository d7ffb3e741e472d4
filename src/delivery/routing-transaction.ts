/** One message to the exchangers of several domains: a session for each exchanger set, the body streamed once to all. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ExchangerSet, endpointNameOf } from '../protocol/exchanger.ts';
import { logOutcomes } from './endpoint-log.ts';
import { fanOut } from './fan-out.ts';
import type { MessageBody } from './lmtp-receiver.ts';
import {
  type PreparedSession,
  prepareSession,
  type TlsOptions,
  transactPrepared,
} from './prepare-session.ts';
import type { EnvelopePath, RecipientOutcome, Session, SessionSource } from './session.ts';

export interface Destination {
  readonly recipient: EnvelopePath;
  readonly exchangers: ExchangerSet;
}

interface RoutedTransaction extends TlsOptions {
  readonly sender: EnvelopePath;
  readonly destinations: readonly Destination[];
  readonly body: MessageBody;
  readonly sessions: SessionSource;
  readonly log: Log;
  /** Named in the log. */
  readonly endpoint: string;
}

type Outcomes = readonly RecipientOutcome[];

interface Group {
  readonly exchangers: ExchangerSet;
  readonly recipients: EnvelopePath[];
  readonly places: number[];
}

/** One outcome per destination, in their order. The failure of one exchanger set is no other's. */
export async function transactWithAll(transaction: RoutedTransaction): Promise<Outcomes> {
  const groups = groupByExchangers(transaction.destinations);
  // all sessions are there before the body flows: a slow connect must not stall a transaction under way elsewhere
  const found = await acquireAll(transaction, groups);
  const results = await fanOut(
    transaction.body,
    groups.map((group, index) => {
      const session = found[index] ?? new OnionmxError('bug', 'no session for a group of recipients');
      return (body: AsyncIterable<Uint8Array>) => transact(transaction, group, session, body);
    }),
  );
  return inOrderOfPlaces(groups, results);
}

function groupByExchangers(destinations: readonly Destination[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [place, { recipient, exchangers }] of destinations.entries()) {
    const key = endpointNameOf(exchangers);
    const group = groups.get(key) ?? { exchangers, recipients: [], places: [] };
    groups.set(key, group);
    group.recipients.push(recipient);
    group.places.push(place);
  }
  return [...groups.values()];
}

/**
 * Sessions are opened side by side where there are none, and then taken one after the other, by everybody in the same order: two
 * messages that each hold what the other waits for would wait in vain.
 */
async function acquireAll(
  { sessions, ...transaction }: RoutedTransaction,
  groups: readonly Group[],
): Promise<readonly (PreparedSession | OnionmxError)[]> {
  const answers = groups.map(({ exchangers }) => sessions.learnOffer(exchangers).catch(toOnionmxError));
  const taken = new Map<Group, Session | OnionmxError>();
  for (const [index, group] of [...groups.entries()].sort(byName)) {
    const answer = await answers[index];
    const isThere = !(answer instanceof OnionmxError);
    taken.set(group, isThere ? await sessions.acquire(group.exchangers).catch(toOnionmxError) : answer);
  }
  return Promise.all(
    groups.map(async (group) => {
      const session = taken.get(group) ?? new OnionmxError('bug', 'no session for a group of recipients');
      if (session instanceof OnionmxError) return session;
      const { sender } = transaction;
      const way = { ...transaction, sessions, exchangers: group.exchangers };
      return prepareSession(session, { sender, recipients: group.recipients }, way);
    }),
  );
}

function byName([, one]: [number, Group], [, other]: [number, Group]): number {
  return endpointNameOf(one.exchangers) < endpointNameOf(other.exchangers) ? -1 : 1;
}

async function transact(
  { sender, body: whole, sessions, log, endpoint }: RoutedTransaction,
  { recipients, exchangers: [preferred] }: Group,
  found: PreparedSession | OnionmxError,
  body: AsyncIterable<Uint8Array>,
): Promise<Outcomes> {
  const startMs = performance.now();
  const hasFailed = found instanceof OnionmxError;
  const outcomes: Outcomes = hasFailed
    ? recipients.map(() => ({ kind: 'failed', error: found }))
    : await transactPrepared(found, { sender, recipients }, body);
  if (!hasFailed) sessions.release(found.session);
  const exchanger = hasFailed ? preferred : found.session.exchanger;
  const ms = Math.round(performance.now() - startMs);
  logOutcomes(log, { endpoint, exchanger, bytes: whole.bytesRead, ms }, recipients, outcomes);
  return outcomes;
}

function inOrderOfPlaces(groups: readonly Group[], results: readonly Outcomes[]): Outcomes {
  const ordered: RecipientOutcome[] = [];
  for (const [index, { places }] of groups.entries()) {
    for (const [position, place] of places.entries()) {
      const outcome = results[index]?.[position];
      if (outcome !== undefined) ordered[place] = outcome;
    }
  }
  return ordered;
}
