/** One DNS question to several resolvers, one after the other, until one can answer it. */
import { type ErrorCode, OnionmxError } from '../../errors.ts';
import type { DnsClient } from '../../net/dns-client.ts';
import { maxAnswerBytes } from '../../net/dns-link.ts';
import { type DnsServer, formatDnsServer } from '../../net/dns-server.ts';
import type { DnsName } from '../../protocol/dns-name.ts';
import type { RecordType } from '../../protocol/dns-records.ts';
import { decodeDnsResponse, type DnsResponse } from '../../protocol/dns-response.ts';
import { type AskFailureReason, failureReasons, type Judgement, judgeResponse } from './judge-response.ts';

/** `detail` is what each resolver said, one after the other; `resolver` the one that `why` is from. */
export interface AskFailure extends Judgement {
  readonly kind: 'failed';
  readonly resolver: string;
}

type Asked<Type extends RecordType> =
  | { readonly kind: 'answered'; readonly response: DnsResponse<Type>; readonly server: DnsServer }
  | AskFailure;

export interface AskOptions {
  readonly servers: readonly DnsServer[];
  readonly client: DnsClient;
  /** For one try at one resolver; for TCP after UDP once more. */
  readonly timeoutMs: number;
  /** The same for one that is asked over Tor: its first question may need a circuit. */
  readonly torTimeoutMs: number;
  /** How often a resolver that stays silent is asked. */
  readonly tries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * Asks in the order of the list, silent resolvers again in the next round; none after `deadline` (on the clock `now`).
 * Nobody else is asked: a resolver that is blocked makes a failure, not a question that goes another way.
 * `answered` means NOERROR or NXDOMAIN. Throws `bug` for a name under .onion, before any socket is opened.
 */
export async function askResolvers<Type extends RecordType>(
  name: DnsName,
  type: Type,
  options: AskOptions,
  deadline: number,
): Promise<Asked<Type>> {
  const failures: AskFailure[] = [];
  let candidates = options.servers;
  for (let round = 0; round < options.tries && candidates.length > 0; round++) {
    const silent: DnsServer[] = [];
    for (const server of candidates) {
      const asked = await askOne(name, type, server, options, deadline);
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

async function askOne<Type extends RecordType>(
  name: DnsName,
  type: Type,
  server: DnsServer,
  options: AskOptions,
  deadline: number,
): Promise<Asked<Type>> {
  const patienceMs = server.address.isOverTor ? options.torTimeoutMs : options.timeoutMs;
  const timeoutMs = Math.min(patienceMs, deadline - options.now());
  const resolver = formatDnsServer(server);
  if (timeoutMs <= 0) return { kind: 'failed', why: 'timeout', detail: 'no time left to ask', resolver };
  try {
    const bytes = await options.client.ask(server, { name, type }, timeoutMs);
    const response = decodeDnsResponse(bytes, type, maxAnswerBytes);
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
  ['tls-failed', 'tls-failed'],
  // over Tor
  ['tor-unreachable', 'unreachable'],
  ['tor-refused', 'unreachable'],
  ['socks-protocol', 'unreachable'],
  ['onion-timeout', 'timeout'],
  ['onion-no-descriptor', 'unreachable'],
  ['onion-unreachable', 'unreachable'],
  ['onion-connect-failed', 'unreachable'],
  ['onion-needs-authorisation', 'unreachable'],
  ['onion-address-refused', 'unreachable'],
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
