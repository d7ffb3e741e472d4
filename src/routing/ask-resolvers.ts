/** One DNS question to several resolvers, one after the other, until one can answer it. */
import { randomInt } from 'node:crypto';
import { type ErrorCode, OnionmxError } from '../errors.ts';
import { type DnsServer, exchangeDns, formatDnsServer } from '../net/dns-exchange.ts';
import type { DnsName } from '../protocol/dns-name.ts';
import { encodeSrvQuery } from '../protocol/dns-query.ts';
import { decodeDnsResponse, type DnsResponse } from '../protocol/dns-response.ts';
import { type AskFailureReason, failureReasons, type Judgement, judgeResponse } from './judge-response.ts';

/** `detail` is what each resolver said, one after the other; `resolver` the one that `why` is from. */
export interface AskFailure extends Judgement {
  readonly kind: 'failed';
  readonly resolver: string;
}

type Asked =
  | { readonly kind: 'answered'; readonly response: DnsResponse; readonly server: DnsServer }
  | AskFailure;

export interface AskOptions {
  readonly servers: readonly DnsServer[];
  /** For one try at one resolver; over TCP once more. */
  readonly timeoutMs: number;
  /** How often a resolver that stays silent is asked. */
  readonly tries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** More than any honest SRV answer has; a bound on what a hostile one can make us read. */
const maxResponseBytes = 16_384;

/**
 * Asks in the order of the list, silent resolvers again in the next round; none after `deadline` (on the clock `now`).
 * `answered` means NOERROR or NXDOMAIN. Throws `bug` for a name under .onion, before any socket is opened.
 */
export async function askResolvers(name: DnsName, options: AskOptions, deadline: number): Promise<Asked> {
  const failures: AskFailure[] = [];
  let candidates = options.servers;
  for (let round = 0; round < options.tries && candidates.length > 0; round++) {
    const silent: DnsServer[] = [];
    for (const server of candidates) {
      const asked = await askOne(name, server, Math.min(options.timeoutMs, deadline - options.now()));
      if (asked.kind === 'answered') return asked;
      failures.push(asked);
      // Bogus is final: a resolver that does not validate would serve the forged data that this one refuses.
      if (asked.why === 'bogus') return summarize(failures);
      if (asked.why === 'timeout') silent.push(server);
    }
    candidates = silent;
  }
  return summarize(failures);
}

async function askOne(name: DnsName, server: DnsServer, timeoutMs: number): Promise<Asked> {
  const query = encodeSrvQuery(name, randomInt(0x10000));
  const resolver = formatDnsServer(server);
  if (timeoutMs <= 0) return { kind: 'failed', why: 'timeout', detail: 'no time left to ask', resolver };
  try {
    const bytes = await exchangeDns(server, query, timeoutMs, maxResponseBytes);
    const response = decodeDnsResponse(bytes, maxResponseBytes);
    const failure = judgeResponse(response);
    if (failure === undefined) return { kind: 'answered', response, server };
    return { kind: 'failed', ...failure, resolver };
  } catch (error) {
    return { kind: 'failed', ...failureOf(error), resolver };
  }
}

const reasonForCode = new Map<ErrorCode, AskFailureReason>([
  ['connection-timeout', 'timeout'],
  ['connect-failed', 'unreachable'],
  ['connection-lost', 'unreachable'],
  ['dns-malformed', 'malformed'],
]);

function failureOf(error: unknown): Judgement {
  const why = error instanceof OnionmxError ? reasonForCode.get(error.code) : undefined;
  if (!(error instanceof OnionmxError) || why === undefined) throw error;
  return { why, detail: error.message };
}

function summarize(failures: readonly AskFailure[]): AskFailure {
  const rank = ({ why }: AskFailure) => failureReasons.indexOf(why);
  const [first] = failures.toSorted((one, other) => rank(one) - rank(other));
  if (first === undefined)
    return { kind: 'failed', why: 'unreachable', detail: 'no resolver is configured', resolver: 'none' };
  return { ...first, detail: [...new Set(failures.map(describeFailure))].join('; ') };
}

function describeFailure({ resolver, detail }: AskFailure): string {
  return detail.includes(resolver) ? detail : `${resolver}: ${detail}`;
}
