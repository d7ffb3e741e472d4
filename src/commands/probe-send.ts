/** `onionmx probe --send <address>`: one small message, the way that real mail for this address goes. Without an onion nothing is sent. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { buildProbeMessage } from '../delivery/probe-message.ts';
import type { RecipientOutcome, Session } from '../delivery/session.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isUnderOnion } from '../protocol/domain-name.ts';
import { formatExchanger } from '../protocol/exchanger.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { exitCode, exitCodeFor } from './exit-code.ts';
import { errorToJson, formatJson } from './json.ts';
import { findOnionRoute } from './onion-route.ts';
import { openSessions } from './open-sessions.ts';
import { parseSendAddress, type SendAddress } from './probe-arguments.ts';
import { socksOf } from './socks-of.ts';

export interface ProbeSendOptions {
  readonly address: string;
  readonly json: boolean;
  readonly config: Config;
  readonly log: Log;
}

/** What was found out, as far as it came. */
interface Report {
  readonly sender: string;
  readonly recipient?: string;
  readonly evidence?: string;
  readonly exchanger?: string;
  readonly sessionMs?: number;
  readonly messageId?: string;
  readonly messageMs?: number;
  /** The exchanger's last word. */
  readonly reply?: SmtpReply;
  readonly error?: OnionmxError;
}

/** The exit code is 0 when the exchanger has taken the message. */
export async function runProbeSendCommand(
  options: ProbeSendOptions,
  out: (text: string) => void,
): Promise<number> {
  const report = await send(options);
  out(options.json ? toJson(options.address, report) : toText(options.address, report));
  if (report.error !== undefined) {
    if (!options.json && report.exchanger === undefined) throw report.error;
    return exitCodeFor(report.error);
  }
  if (report.reply === undefined || !isRefusal(report.reply)) return exitCode.ok;
  return report.reply.code >= 500 ? exitCode.noHost : exitCode.temporary;
}

async function send({ address, config, log }: ProbeSendOptions): Promise<Report> {
  let report: Report = { sender: senderOf(config) };
  try {
    const to = parseSendAddress(address);
    report = { ...report, recipient: to.address };
    const { exchangers, evidence } = await findOnionRoute(to.domain, config, log);
    report = { ...report, evidence };
    const startMs = performance.now();
    const session = await openSessions(config, socksOf(config), log).acquire(exchangers);
    const exchanger = formatExchanger(session.exchanger);
    report = { ...report, exchanger, sessionMs: Math.round(performance.now() - startMs) };
    return { ...report, ...(await sendThrough(session, report.sender, to)) };
  } catch (thrown) {
    return { ...report, error: toOnionmxError(thrown) };
  }
}

async function sendThrough(session: Session, sender: string, to: SendAddress): Promise<Partial<Report>> {
  const messageId = `<${randomUUID()}@${sender.split('@')[1] ?? 'onionmx.invalid'}>`;
  const message = buildProbeMessage({ sender, recipient: to.address, messageId, date: new Date() });
  const parameters = to.needsSmtpUtf8 ? ['SMTPUTF8', 'BODY=8BITMIME'] : [];
  const envelope = {
    sender: { path: sender, parameters },
    recipients: [{ path: to.address, parameters: [] }],
  };
  const startMs = performance.now();
  const [outcome] = await session.transact(envelope, oneBlock(message));
  const messageMs = Math.round(performance.now() - startMs);
  await session.close();
  return { messageId, messageMs, ...lastWord(outcome) };
}

function lastWord(outcome: RecipientOutcome | undefined): Pick<Report, 'reply' | 'error'> {
  if (outcome === undefined) return {};
  return outcome.kind === 'replied' ? { reply: outcome.reply } : { error: outcome.error };
}

async function* oneBlock(message: Uint8Array): AsyncGenerator<Uint8Array> {
  yield message;
}

/** Somebody who can be written to, if this host has a domain; else the null sender, which nobody answers. */
function senderOf({ domains }: Config): string {
  const own = domains.own.find((domain) => !isUnderOnion(domain));
  return own === undefined ? '' : `postmaster@${own}`;
}

function toText(address: string, report: Report): string {
  const { sender, evidence, exchanger, sessionMs, messageId, messageMs, reply, error } = report;
  // what happened before anybody was reached is told as any failure of a command
  if (evidence === undefined || exchanger === undefined)
    return error === undefined ? '' : `${address}\n  nothing was sent\n`;
  const lines = [
    address,
    `  route    over the onion, on the evidence "${evidence}"`,
    `  session ${timed(sessionMs)}  ${exchanger}, through Tor`,
    `  message ${timed(messageMs)}  ${messageId ?? ''} from <${sender}>`,
    ...(reply === undefined ? [] : [`  reply    ${quoteReply(reply)}`]),
    ...(error === undefined ? [] : [`  failed: ${error.message}`]),
    ...(error?.hint === undefined ? [] : [`  ${error.hint}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function timed(ms: number | undefined): string {
  return `${String(ms ?? '').padStart(6)} ms`;
}

function toJson(address: string, report: Report): string {
  const { sender, recipient, evidence, exchanger, sessionMs, messageId, messageMs, reply, error } = report;
  return formatJson({
    address,
    sender,
    recipient: recipient ?? null,
    route: evidence === undefined ? null : { kind: 'onion', evidence },
    exchanger: exchanger ?? null,
    sessionMs: sessionMs ?? null,
    messageId: messageId ?? null,
    messageMs: messageMs ?? null,
    reply: reply ?? null,
    error: errorToJson(error),
  });
}
