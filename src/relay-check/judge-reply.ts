/** What the reply to an attempt says about relaying, and what all of them together say about the host. */
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import type { RelayAttempt } from './relay-attempts.ts';

/** `unclear`: neither an acceptance nor a refusal of the relaying itself. `skipped`: the host offers no SMTPUTF8. */
export type RelayFinding = 'accepted' | 'refused' | 'unclear' | 'skipped';

export interface RelayOutcome {
  readonly attempt: RelayAttempt;
  readonly finding: RelayFinding;
  /** The reply that settled it; undefined when it was skipped. */
  readonly reply: SmtpReply | undefined;
}

/** What is known of the host before the attempts. */
export interface HostManners {
  /** Does it take mail for its own postmaster? Otherwise its refusals say nothing about relaying. */
  readonly control: SmtpReply;
  /** The domains (`''` for none) at which it accepts users that cannot exist. */
  readonly catchAlls: ReadonlySet<string>;
}

type RelayVerdict = 'open' | 'closed' | 'unclear';

export interface RelayReport {
  readonly verdict: RelayVerdict;
  /** What proves nothing. It makes the verdict unclear where a plain attempt, an acceptance or the control is among it. */
  readonly doubts: readonly string[];
}

/** `reply` is the one to the stranger's RCPT, or to MAIL when that was refused. */
export function judgeReply(
  attempt: RelayAttempt,
  reply: SmtpReply,
  { catchAlls }: HostManners,
): RelayFinding {
  if (!isRefusal(reply)) {
    return attempt.home !== undefined && catchAlls.has(attempt.home) ? 'unclear' : 'accepted';
  }
  if (speaksOfRelaying(reply)) return 'refused';
  // 4xx is often greylisting, after which the same envelope may be taken
  if (reply.code < 500) return 'unclear';
  // an address that is strange may be refused for that; a plain one must be refused for relaying, or a real one might pass
  return attempt.isPlain && !isPolicyRefusal(reply) ? 'unclear' : 'refused';
}

export function judgeHost({ control }: HostManners, outcomes: readonly RelayOutcome[]): RelayReport {
  const unclear = outcomes.filter(({ finding }) => finding === 'unclear');
  const doubts = unclear.map(describeDoubt);
  if (isRefusal(control)) {
    doubts.unshift(
      `its own postmaster is refused as well, so the refusals prove nothing: ${quoteReply(control)}`,
    );
  }
  if (outcomes.some(({ finding }) => finding === 'accepted')) return { verdict: 'open', doubts };
  const isUnclear = isRefusal(control) || unclear.some(isDecisive);
  return { verdict: isUnclear ? 'unclear' : 'closed', doubts };
}

/** A strange address that is refused for being strange is nothing to worry about. */
function isDecisive({ attempt, reply }: RelayOutcome): boolean {
  return attempt.isPlain || (reply !== undefined && !isRefusal(reply));
}

/** Debian's Postfix says `454 4.7.1 <address>: Relay access denied`. What the address holds is our own word. */
function speaksOfRelaying({ lines }: SmtpReply): boolean {
  return /\brelay/i.test(lines.join(' ').replaceAll(/<[^>]*>/g, ''));
}

/** X.7.1 (RFC 3463 §3.8), or a plain code of a server without enhanced ones. */
function isPolicyRefusal({ code, lines }: SmtpReply): boolean {
  const status = /^\d\.(\d+\.\d+)/.exec(lines[0] ?? '')?.[1];
  return status === undefined ? [550, 551, 553, 554].includes(code) : status.startsWith('7.');
}

function describeDoubt({ attempt, reply }: RelayOutcome): string {
  const said = reply === undefined ? 'nothing' : quoteReply(reply);
  if (reply !== undefined && !isRefusal(reply)) {
    return `${attempt.id}: accepted, but so is any other user there: whether it is passed on is not known`;
  }
  return `${attempt.id}: refused for another reason than relaying: ${said}`;
}
