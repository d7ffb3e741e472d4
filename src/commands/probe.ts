/** `onionmx probe <domain|onion address[:port]>`: do its exchangers answer through Tor, what do they offer, and how fast? */
import type { Config } from '../config/schema.ts';
import { type ProbeStep, probeExchanger } from '../delivery/probe-exchanger.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../protocol/exchanger.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../protocol/smtp-reply.ts';
import { oneTimeKeyOf } from '../tor/isolation-keys.ts';
import { exitCode, exitCodeFor } from './exit-code.ts';
import { errorToJson, formatJson } from './json.ts';
import { findOnionRoute } from './onion-route.ts';
import { parseProbeRecipient, parseProbeTarget } from './probe-arguments.ts';
import { socksOf } from './socks-of.ts';

export interface ProbeCommandOptions {
  readonly target: string;
  /** A recipient to ask for; undefined: none. */
  readonly to: string | undefined;
  readonly json: boolean;
  readonly config: Config;
  readonly log: Log;
}

interface ProbeResult {
  readonly exchanger: string;
  readonly connectMs: number | undefined;
  readonly steps: readonly ProbeStep[];
  readonly error: OnionmxError | undefined;
}

/** The exit code is 0 when an exchanger answers and refuses nothing that was asked. */
export async function runProbeCommand(
  options: ProbeCommandOptions,
  out: (text: string) => void,
): Promise<number> {
  const { target, json } = options;
  const results: ProbeResult[] = [];
  let failure: OnionmxError | undefined;
  try {
    const recipient = options.to === undefined ? undefined : parseProbeRecipient(options.to);
    for (const exchanger of await findExchangers(options)) {
      const result = await probe(exchanger, options.config, recipient);
      results.push(result);
      if (!json) out(toText(result));
    }
  } catch (thrown) {
    if (!json) throw thrown;
    failure = toOnionmxError(thrown);
  }
  if (json) out(toJson(target, results, failure));
  return failure === undefined ? exitCodeOf(results) : exitCodeFor(failure);
}

async function findExchangers({ target, config, log }: ProbeCommandOptions): Promise<ExchangerSet> {
  const parsed = parseProbeTarget(target);
  if (parsed.kind === 'exchanger') return [parsed.exchanger];
  return (await findOnionRoute(parsed.domain, config, log)).exchangers;
}

async function probe(
  exchanger: Exchanger,
  config: Config,
  recipient: string | undefined,
): Promise<ProbeResult> {
  const { heloName, connectTimeoutMs } = config.delivery;
  const target = { host: exchanger.onionAddress, port: exchanger.port };
  const steps: ProbeStep[] = [];
  const startMs = performance.now();
  let connectMs: number | undefined;
  let error: OnionmxError | undefined;
  try {
    const key = oneTimeKeyOf(exchanger);
    const connection = await dialThroughSocks(socksOf(config), target, key, connectTimeoutMs);
    connectMs = Math.round(performance.now() - startMs);
    await probeExchanger(connection, exchanger, { heloName, recipient }, (step) => void steps.push(step));
  } catch (thrown) {
    error = toOnionmxError(thrown);
  }
  return { exchanger: formatExchanger(exchanger), connectMs, steps, error };
}

function toText({ exchanger, connectMs, steps, error }: ProbeResult): string {
  const lines = [
    exchanger,
    ...(connectMs === undefined ? [] : [stepLine('connect', connectMs, 'through Tor, on a new circuit')]),
    ...steps.map(({ step, ms, reply }) => stepLine(step, ms, quoteReply(reply))),
    ...(error === undefined
      ? []
      : [`  failed: ${error.message}`, ...(error.hint === undefined ? [] : [`  ${error.hint}`])]),
  ];
  return `${lines.join('\n')}\n`;
}

function stepLine(step: string, ms: number, text: string): string {
  return `  ${step.padEnd(8)}${String(ms).padStart(6)} ms  ${text}`;
}

function toJson(target: string, results: readonly ProbeResult[], failure: OnionmxError | undefined): string {
  const exchangers = results.map(({ exchanger, connectMs, steps, error }) => {
    return { exchanger, connectMs: connectMs ?? null, steps, error: errorToJson(error) };
  });
  return formatJson({ target, exchangers, error: errorToJson(failure) });
}

/** The last one decides when none is good. */
function exitCodeOf(results: readonly ProbeResult[]): number {
  const last = results.at(-1);
  if (last === undefined || results.some(isGood)) return exitCode.ok;
  if (last.error !== undefined) return exitCodeFor(last.error);
  const isPermanent = (refusalIn(last.steps)?.code ?? 0) >= 500;
  return isPermanent ? exitCode.noHost : exitCode.temporary;
}

function isGood({ steps, error }: ProbeResult): boolean {
  return error === undefined && refusalIn(steps) === undefined;
}

/** Of EHLO it is none when HELO came after it. */
function refusalIn(steps: readonly ProbeStep[]): SmtpReply | undefined {
  const refused = steps.find(
    ({ step, reply }, index) => isRefusal(reply) && (step !== 'EHLO' || index === steps.length - 1),
  );
  return refused?.reply;
}
