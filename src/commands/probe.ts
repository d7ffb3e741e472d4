/** `onionmx probe <domain|onion address[:port]>`: do its exchangers answer through Tor, what do they offer, and how fast? */
import type { Config } from '../config/schema.ts';
import { type ProbeStep, probeExchanger } from '../delivery/probe-exchanger.ts';
import { ExchangerLeaves } from '../delivery/smtp-link.ts';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../protocol/exchanger.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { isRefusal, quoteReply } from '../protocol/smtp-reply.ts';
import { isolationKeyOf } from '../tor/isolation-keys.ts';
import { torPathsIn } from '../tor/torrc.ts';
import { exitCode, exitCodeFor } from './exit-code.ts';
import { routeOnce } from './open-router.ts';
import { parseProbeRecipient, parseProbeTarget } from './probe-arguments.ts';
import { torFolderOf } from './state-paths.ts';

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
  const recipient = options.to === undefined ? undefined : parseProbeRecipient(options.to);
  const results: ProbeResult[] = [];
  for (const exchanger of await findExchangers(options)) {
    const result = await probe(exchanger, options.config, recipient);
    results.push(result);
    if (!json) out(toText(result));
  }
  if (json) out(`${JSON.stringify({ target, exchangers: results.map(toJson) }, null, 2)}\n`);
  return exitCodeOf(results);
}

async function findExchangers({ target, config, log }: ProbeCommandOptions): Promise<ExchangerSet> {
  const parsed = parseProbeTarget(target);
  if (parsed.kind === 'exchanger') return [parsed.exchanger];
  const { domain } = parsed;
  const { route } = await routeOnce(domain, config, log);
  if (route.kind === 'onion') return route.exchangers;
  throw new OnionmxError('no-onion-route', `${domain} has no onion mail exchanger: ${route.reason}`, {
    hint: `\`onionmx lookup ${domain}\` shows each step`,
  });
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
    const isolation = isolationKeyOf(exchanger, 0);
    const connection = await dialThroughSocks(socksOf(config), target, isolation, connectTimeoutMs);
    connectMs = Math.round(performance.now() - startMs);
    await probeExchanger(connection, exchanger, { heloName, recipient }, (step) => void steps.push(step));
  } catch (thrown) {
    error = toProbeError(thrown, formatExchanger(exchanger));
  }
  return { exchanger: formatExchanger(exchanger), connectMs, steps, error };
}

/** A 421 is the exchanger's word to end the session, and no failure that nobody foresaw. */
function toProbeError(thrown: unknown, name: string): OnionmxError {
  if (!(thrown instanceof ExchangerLeaves)) return toOnionmxError(thrown);
  return new OnionmxError('exchanger-refused', `${name} ends the session: ${quoteReply(thrown.reply)}`, {
    hint: 'it may be busy or restarting: try again in a minute, or ask its operator',
  });
}

/** The Tor of the service that runs (`onionmx serve`), or the one that the configuration names. */
function socksOf(config: Config): SocketAddress {
  return config.tor.use === 'running' ? config.tor.socks : torPathsIn(torFolderOf(config)).socks;
}

function toText({ exchanger, connectMs, steps, error }: ProbeResult): string {
  const lines = [
    exchanger,
    ...(connectMs === undefined ? [] : [stepLine('connect', connectMs, 'through Tor')]),
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

function toJson({ exchanger, connectMs, steps, error }: ProbeResult) {
  const failure =
    error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null };
  return { exchanger, connectMs: connectMs ?? null, steps, error: failure };
}

function exitCodeOf(results: readonly ProbeResult[]): number {
  if (results.some(isGood)) return exitCode.ok;
  const error = results.at(-1)?.error;
  return error === undefined ? exitCode.unavailable : exitCodeFor(error);
}

function isGood({ steps, error }: ProbeResult): boolean {
  const last = steps.at(-1);
  const isRecipientRefused = steps.some(
    ({ step, reply }) => (step === 'RCPT' || step === 'MAIL') && isRefusal(reply),
  );
  return error === undefined && last !== undefined && !isRefusal(last.reply) && !isRecipientRefused;
}
