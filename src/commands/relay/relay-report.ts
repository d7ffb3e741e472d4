/** What `onionmx check relay` prints: the verdict first, then each attempt that was accepted, then what is not known. */
import type { OnionmxError } from '../../errors.ts';
import { quoteReply } from '../../protocol/smtp-reply.ts';
import type { RelayOutcome, RelayReport } from '../../relay-check/judge-reply.ts';
import type { Finding } from '../../relay-check/finding.ts';
import type { RelayProof } from '../../relay-check/prove-relay.ts';
import type { RelayAttempt } from '../../relay-check/relay-attempts.ts';
import { formatRelayTarget, type RelayTarget } from '../../relay-check/relay-target.ts';
import { errorToJson } from '../json.ts';
import type { RelayPlan } from './relay-plan.ts';

export interface TargetResult {
  readonly target: RelayTarget;
  /** undefined when it could not be tried. */
  readonly report: RelayReport | undefined;
  readonly outcomes: readonly RelayOutcome[];
  readonly error: OnionmxError | undefined;
  /** undefined when there was nothing to prove, or nobody asked for it. */
  readonly proof?: RelayProof | undefined;
  /** No onion service leads there, so it does no harm that it trusts local programs. */
  readonly isLocalOnly?: boolean;
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

/** What was read, and what is left out. */
export function formatPlan({ findings, unnamed, others, untried, unread }: RelayPlan, all: boolean): string {
  const names = others.map(formatRelayTarget);
  const left = all ? [] : names;
  return [
    ...(unread === undefined
      ? []
      : [`${unread} is configured here too and was not read: --mail-server ${unread}\n`]),
    ...findings.map(findingToText),
    ...unnamed.map(unnamedToText),
    ...(left.length === 0
      ? []
      : [
          `not tried, as no onion service leads there: ${left.join(', ')}; --all tries them as a local process\n`,
        ]),
    ...untried.map(
      (text) => `not tried: ${text}
`,
    ),
  ].join('');
}

export function planToJson({ findings, unnamed, others, untried, unread }: RelayPlan) {
  return { findings, unnamed, others: others.map(formatRelayTarget), untried, unread: unread ?? null };
}

export function formatResult(result: TargetResult): string {
  if (result.isLocalOnly === true) return formatLocalResult(result);
  const { target, report, outcomes, error, proof } = result;
  const accepted = outcomes.filter(({ finding }) => finding === 'accepted');
  if (report === undefined) return failureText(target, accepted, error, proof);
  const skipped = outcomes.filter(({ finding }) => finding === 'skipped').length;
  const tried = outcomes.length - skipped;
  const lines = [
    `${formatRelayTarget(target)}: ${verdictText(report, accepted.length, tried)}`,
    ...accepted.flatMap(acceptedLines),
    ...report.doubts.map((doubt) => `  ${doubt}`),
    ...(skipped === 0 ? [] : [`  ${skipped} attempts were left out: no SMTPUTF8 is offered`]),
    ...(proof === undefined ? [] : [`  ${proofText(proof)}`]),
    ...(report.verdict === 'open' ? [`  ${cureFor(target)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was accepted before it broke off is an open relay all the same. */
function failureText(
  target: RelayTarget,
  accepted: readonly RelayOutcome[],
  error: OnionmxError | undefined,
  proof: RelayProof | undefined,
): string {
  const verdict =
    accepted.length === 0
      ? 'not known. It could not be tried'
      : 'AN OPEN RELAY. It could not be tried to the end';
  const lines = [
    `${formatRelayTarget(target)}: ${verdict}: ${error?.message}`,
    ...(error?.hint === undefined ? [] : [`  ${error.hint}`]),
    ...accepted.flatMap(acceptedLines),
    ...(proof === undefined ? [] : [`  ${proofText(proof)}`]),
    ...(accepted.length === 0 ? [] : [`  ${cureFor(target)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** In one line: what local programs may do is for the operator to know, and no alarm. */
function formatLocalResult({ target, report, outcomes, error }: TargetResult): string {
  const accepted = outcomes.filter(({ finding }) => finding === 'accepted').length;
  const tried = outcomes.filter(({ finding }) => finding !== 'skipped').length;
  const verdict =
    accepted > 0
      ? `open to local processes, as is usual: ${accepted} of ${tried} attempts were accepted`
      : (error?.message ?? closedText(report));
  return `${formatRelayTarget(target)}, no onion service leads there: ${verdict}\n`;
}

function closedText(report: RelayReport | undefined): string {
  const doubt = report?.doubts[0];
  const all = 'closed to local processes too: nothing was accepted';
  return doubt === undefined ? all : `${all}; ${doubt}`;
}

function proofText({ envelope, isTaken, said, queueId }: RelayProof): string {
  if (envelope === undefined) return `not proved, no message was sent: ${said}`;
  if (!isTaken) return `not proved: a message to ${envelope.recipient} was not taken: ${said}`;
  const where = queueId === undefined ? '' : `; it is ${queueId} in the queue, and can be deleted`;
  return `proved: a message from <${envelope.sender}> to ${envelope.recipient} was taken: ${said}${where}`;
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

export function resultToJson({ target, report, outcomes, error, proof, isLocalOnly }: TargetResult) {
  return {
    target: formatRelayTarget(target),
    isLocalOnly: isLocalOnly === true,
    verdict: report?.verdict ?? null,
    doubts: report?.doubts ?? [],
    attempts: outcomes.map(({ attempt, finding, reply }) => ({ ...attempt, finding, reply: reply ?? null })),
    proof:
      proof === undefined
        ? null
        : { ...proof, envelope: proof.envelope ?? null, queueId: proof.queueId ?? null },
    error: errorToJson(error),
  };
}
