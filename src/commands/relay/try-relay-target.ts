/** Tries to relay at one target: through Tor, or at a listener of this host. */
import { randomInt } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { OnionmxError, toOnionmxError } from '../../errors.ts';
import type { Connection } from '../../net/connection.ts';
import { dial } from '../../net/dial.ts';
import { dialThroughSocks } from '../../net/dial-socks.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import type { OnionAddress } from '../../protocol/onion-address.ts';
import { formatTorProxyLine } from '../../protocol/proxy-line.ts';
import { judgeHost, type RelayOutcome } from '../../relay-check/judge-reply.ts';
import { buildRelayAttempts } from '../../relay-check/relay-attempts.ts';
import { formatRelayTarget, type RelayTarget } from '../../relay-check/relay-target.ts';
import { buildProofEnvelopes } from '../../relay-check/proof.ts';
import { proveRelay, type RelayProof } from '../../relay-check/prove-relay.ts';
import { type RelayProbe, runRelayAttempts } from '../../relay-check/run-attempts.ts';
import { oneTimeKeyOf } from '../../tor/isolation-keys.ts';
import type { TargetResult } from './relay-report.ts';
import { socksOf } from '../socks-of.ts';

const smtpPort = 25;

/**
 * Never throws: what cannot be tried has an error in place of a report. `ownOnion`: an onion address of this host.
 * `proves`: when a stranger was accepted, one harmless message follows.
 */
export async function tryRelayTarget(
  target: RelayTarget,
  ownDomain: DomainName,
  ownOnion: OnionAddress | undefined,
  config: Config,
  proves = false,
): Promise<TargetResult> {
  const outcomes: RelayOutcome[] = [];
  const probe: RelayProbe = {
    connect: () => connectTo(target, config),
    name: formatRelayTarget(target),
    heloName: config.delivery.heloName,
    ownDomain,
    attempts: buildRelayAttempts({ ownDomain, ownOnion }),
    noSuchUser: `onionmx-no-such-user-${randomInt(1_000_000)}`,
  };
  const verdict = await judgeTarget(target, probe, outcomes);
  return { target, outcomes, ...verdict, proof: proves ? await prove(probe, outcomes) : undefined };
}

async function judgeTarget(
  target: RelayTarget,
  probe: RelayProbe,
  outcomes: RelayOutcome[],
): Promise<Pick<TargetResult, 'report' | 'error'>> {
  try {
    const manners = await runRelayAttempts(probe, (outcome) => void outcomes.push(outcome));
    return { report: judgeHost(manners, outcomes), error: undefined };
  } catch (thrown) {
    return { report: undefined, error: explainFor(target, toOnionmxError(thrown)) };
  }
}

/** undefined when nothing was accepted. */
async function prove(probe: RelayProbe, outcomes: readonly RelayOutcome[]): Promise<RelayProof | undefined> {
  const accepted = outcomes.filter(({ finding }) => finding === 'accepted');
  if (accepted.length === 0) return undefined;
  return proveRelay(probe, buildProofEnvelopes(accepted.map(({ attempt }) => attempt)));
}

/** The hints of these errors are for somebody else's host; a listener is the operator's own. */
function explainFor({ kind }: RelayTarget, error: OnionmxError): OnionmxError {
  if (kind === 'onion') return error;
  const hint = 'see what listens there (`ss -ltnxp`), and what the log of your mail server says';
  return new OnionmxError(error.code, error.message, { hint, cause: error });
}

/** Each connection to a listener that wants Tor's line is another circuit: limits by circuit do not end the check. */
async function connectTo(target: RelayTarget, config: Config): Promise<Connection> {
  const { connectTimeoutMs } = config.delivery;
  if (target.kind === 'onion') {
    const { onionAddress, port } = target;
    const key = oneTimeKeyOf({ onionAddress, port, priority: 0, weight: 0 });
    return dialThroughSocks(socksOf(config), { host: onionAddress, port }, key, connectTimeoutMs);
  }
  const connection = await dial(target.address, connectTimeoutMs);
  if (target.sendsProxyLine)
    await connection.write(formatTorProxyLine(randomInt(2 ** 32), smtpPort), connectTimeoutMs);
  return connection;
}
