/** Finds a session that can carry a message as it must go: inside TLS where that is needed (tls-need.ts). Each exchanger of the set is tried. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { defaultTimeoutsMs } from '../net/smtp-timeouts.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../protocol/exchanger.ts';
import type { MessageSource } from './read-ahead.ts';
import type { Envelope, RecipientOutcome, Session, SessionSource } from './session.ts';
import { findTlsNeeds, onSendersWishAlone, type TlsNeed, type TlsRuleOf, tryTls } from './tls-need.ts';

export interface TlsOptions {
  /** Default: TLS is for senders who ask for it. */
  readonly tlsRuleOf?: TlsRuleOf;
  /** Told when an exchanger has no certificate that is good for a domain whose route rests on it. */
  readonly onBadCertificate?: (domain: DomainName, exchangers: ExchangerSet) => void;
}

interface Way extends TlsOptions {
  readonly sessions: SessionSource;
  readonly exchangers: ExchangerSet;
}

/** For each recipient why it cannot be sent this way; undefined: it can. */
type Refusals = readonly (OnionmxError | undefined)[];

export interface PreparedSession {
  /** The one that was given, or another one in its place, when that was released. */
  readonly session: Session;
  readonly refusals: Refusals;
}

/** Never throws. For most mail there is nothing to prepare. */
export async function prepareSession(
  session: Session,
  envelope: Envelope,
  way: Way,
): Promise<PreparedSession> {
  const needs = await findTlsNeeds(envelope, way.tlsRuleOf ?? onSendersWishAlone);
  if (needs.every((need) => need === undefined)) return { session, refusals: [] };
  const found = await findTlsSession(session, needs, way);
  tellBadCertificates(needs, found.refusals, way);
  return reopenForOthers(found, way);
}

/** One outcome per recipient; those that are refused are not sent. */
export async function transactPrepared(
  { session, refusals }: PreparedSession,
  { sender, recipients }: Envelope,
  body: MessageSource,
): Promise<readonly RecipientOutcome[]> {
  const wanted = recipients.filter((_, index) => refusals[index] === undefined);
  const sent = wanted.length === 0 ? [] : await session.transact({ sender, recipients: wanted }, body);
  const outcomes = sent.values();
  return recipients.map((_, index): RecipientOutcome => {
    const error = refusals[index];
    if (error !== undefined) return { kind: 'failed', error };
    const { done, value } = outcomes.next();
    return done === true
      ? { kind: 'failed', error: new OnionmxError('bug', 'a recipient has no outcome') }
      : value;
  });
}

interface Attempt {
  readonly session: Session | undefined;
  readonly refusals: Refusals;
}

type Needs = readonly (TlsNeed | undefined)[];

/** The exchanger that most recipients can be sent to; the first of them all, where it does for every one. */
async function findTlsSession(current: Session, needs: Needs, way: Way): Promise<PreparedSession> {
  const untilMs = performance.now() + defaultTimeoutsMs.lastAttempt;
  let best: PreparedSession = { session: current, refusals: await tryTls(current, needs) };
  const attempts: Attempt[] = [best];
  for (const exchanger of way.exchangers.filter((other) => !isSame(other, current.exchanger))) {
    if (best.refusals.every((refusal) => refusal === undefined)) break;
    const attempt = performance.now() > untilMs ? noTimeLeft(needs) : await tryOther(exchanger, needs, way);
    attempts.push(attempt);
    if (attempt.session === undefined) continue;
    const isBetter = countOf(attempt.refusals) < countOf(best.refusals);
    way.sessions.release(isBetter ? best.session : attempt.session);
    if (isBetter) best = { session: attempt.session, refusals: attempt.refusals };
  }
  const refusals = best.refusals.map(
    (refusal, index) => refusal && judge(attempts.map((each) => each.refusals[index])),
  );
  return { session: best.session, refusals };
}

async function tryOther(exchanger: Exchanger, needs: Needs, { sessions }: Way): Promise<Attempt> {
  try {
    const session = await sessions.acquire([exchanger]);
    return { session, refusals: await tryTls(session, needs) };
  } catch (thrown) {
    return refuseAll(needs, toOnionmxError(thrown));
  }
}

/** What could not be found out, or is so elsewhere, is for a later time; the rest is as it was told last. */
function judge(refusals: Refusals): OnionmxError | undefined {
  if (refusals.includes(undefined))
    return new OnionmxError(
      'tls-failed',
      'its certificate is shown by another exchanger: it will be sent there',
    );
  return refusals.find((refusal) => refusal?.permanent === false) ?? refusals.at(-1);
}

/** A handshake that fails ends the session; mail that needs no TLS must not wait for what others need. */
async function reopenForOthers(prepared: PreparedSession, way: Way): Promise<PreparedSession> {
  const { session, refusals } = prepared;
  if (session.isUsable || !refusals.includes(undefined)) return prepared;
  // first, so that nobody holds one place and waits for another
  way.sessions.release(session);
  try {
    return { session: await way.sessions.acquire(way.exchangers), refusals };
  } catch {
    return prepared; // the session says itself that it is of no use
  }
}

function tellBadCertificates(needs: Needs, refusals: Refusals, { exchangers, onBadCertificate }: Way): void {
  const domains = needs.flatMap((need, index) => {
    const code = refusals[index]?.code;
    const isBad = code === 'exchanger-certificate' || code === 'exchanger-lacks-tls';
    return need?.isNeeded === true && isBad ? [need.domain] : [];
  });
  for (const domain of new Set(domains)) onBadCertificate?.(domain, exchangers);
}

function noTimeLeft(needs: Needs): Attempt {
  return refuseAll(
    needs,
    new OnionmxError('tls-failed', 'no time was left to ask the other exchangers for TLS'),
  );
}

function refuseAll(needs: Needs, error: OnionmxError): Attempt {
  return { session: undefined, refusals: needs.map((need) => need && error) };
}

function countOf(refusals: Refusals): number {
  return refusals.filter((refusal) => refusal !== undefined).length;
}

function isSame(one: Exchanger, other: Exchanger): boolean {
  return formatExchanger(one) === formatExchanger(other);
}
