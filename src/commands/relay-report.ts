/** What `onionmx check relay` prints: the verdict first, then each attempt that was accepted, then what is not known. */
import type { OnionmxError } from '../errors.ts';
import { quoteReply } from '../protocol/smtp-reply.ts';
import type { RelayOutcome, RelayReport } from '../relay-check/judge-reply.ts';
import type { Finding } from '../relay-check/finding.ts';
import type { RelayAttempt } from '../relay-check/relay-attempts.ts';
import { formatRelayTarget, type RelayTarget } from '../relay-check/relay-target.ts';
import { errorToJson } from './json.ts';

export interface TargetResult {
  readonly target: RelayTarget;
  /** undefined when it could not be tried. */
  readonly report: RelayReport | undefined;
  readonly outcomes: readonly RelayOutcome[];
  readonly error: OnionmxError | undefined;
}

const idWidth = 20;

const headlines: Readonly<Record<Finding['severity'], string>> = {
  open: 'AN OPEN RELAY',
  broken: 'mail does not arrive',
  warning: 'warning',
  fine: 'fine',
};

/** What the configuration says of one port of an onion service. */
export function findingToText({ severity, service, virtualPort, what, setting, fix }: Finding): string {
  const lines = [
    `${service}, port ${virtualPort}: ${headlines[severity]}: ${what}`,
    `  ${setting}`,
    ...(fix === undefined ? [] : [`  to mend it: ${fix}`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function unnamedToText(folder: string): string {
  return `${folder}: not tried through Tor: ${folder}/hostname cannot be read; run this as root, or name the address\n`;
}

export function formatResult({ target, report, outcomes, error }: TargetResult): string {
  const accepted = outcomes.filter(({ finding }) => finding === 'accepted');
  if (report === undefined) return failureText(target, accepted, error);
  const skipped = outcomes.filter(({ finding }) => finding === 'skipped').length;
  const tried = outcomes.length - skipped;
  const lines = [
    `${formatRelayTarget(target)}: ${verdictText(report, accepted.length, tried)}`,
    ...accepted.flatMap(acceptedLines),
    ...report.doubts.map((doubt) => `  ${doubt}`),
    ...(skipped === 0 ? [] : [`  ${skipped} attempts were left out: no SMTPUTF8 is offered`]),
    ...(report.verdict === 'open' ? [`  ${cureFor(target)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was accepted before it broke off is an open relay all the same. */
function failureText(
  target: RelayTarget,
  accepted: readonly RelayOutcome[],
  error: OnionmxError | undefined,
): string {
  const verdict =
    accepted.length === 0
      ? 'not known. It could not be tried'
      : 'AN OPEN RELAY. It could not be tried to the end';
  const lines = [
    `${formatRelayTarget(target)}: ${verdict}: ${error?.message}`,
    ...(error?.hint === undefined ? [] : [`  ${error.hint}`]),
    ...accepted.flatMap(acceptedLines),
    ...(accepted.length === 0 ? [] : [`  ${cureFor(target)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function verdictText({ verdict, doubts }: RelayReport, accepted: number, tried: number): string {
  switch (verdict) {
    case 'open':
      return `AN OPEN RELAY for whoever comes this way: ${accepted} of ${tried} attempts were accepted`;
    case 'closed':
      return `no open relay: all ${tried} attempts were refused`;
    case 'unclear':
      return `not clear: none of ${tried} attempts was accepted, but ${doubts.length} answers prove nothing`;
  }
}

function acceptedLines({ attempt, reply }: RelayOutcome): string[] {
  const said = reply === undefined ? '' : quoteReply(reply);
  return [
    `  ${attempt.id.padEnd(idWidth)} ${attempt.what}`,
    `  ${' '.repeat(idWidth)} ${envelopeOf(attempt)}: ${said}`,
  ];
}

export function formatAttempt(attempt: RelayAttempt): string {
  return `${attempt.id.padEnd(idWidth)} ${attempt.what}\n${' '.repeat(idWidth)} ${envelopeOf(attempt)}\n`;
}

function envelopeOf({ sender, recipients }: RelayAttempt): string {
  return [`MAIL FROM:<${sender}>`, ...recipients.map((recipient) => `RCPT TO:<${recipient}>`)].join(' ');
}

/** A listener that trusts this host is as it should be, unless strangers are taken for this host. */
function cureFor(target: RelayTarget): string {
  return target.kind === 'onion' || target.sendsProxyLine
    ? 'Stop the onion service until this is mended. docs/receiving.md has a listener that nobody relays through.'
    : 'It trusts this host, as is usual where local programs hand in mail. No HiddenServicePort may lead to it: docs/receiving.md';
}

export function resultToJson({ target, report, outcomes, error }: TargetResult) {
  return {
    target: formatRelayTarget(target),
    verdict: report?.verdict ?? null,
    doubts: report?.doubts ?? [],
    attempts: outcomes.map(({ attempt, finding, reply }) => ({ ...attempt, finding, reply: reply ?? null })),
    error: errorToJson(error),
  };
}
