/** Tries to relay at one target: through Tor, or at a listener of this host. */
import { randomInt } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Connection } from '../net/connection.ts';
import { dial } from '../net/dial.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { formatTorProxyLine } from '../protocol/proxy-line.ts';
import { judgeHost, type RelayOutcome } from '../relay-check/judge-reply.ts';
import { buildRelayAttempts } from '../relay-check/relay-attempts.ts';
import { formatRelayTarget, type RelayTarget } from '../relay-check/relay-target.ts';
import { runRelayAttempts } from '../relay-check/run-attempts.ts';
import { oneTimeKeyOf } from '../tor/isolation-keys.ts';
import type { TargetResult } from './relay-report.ts';
import { socksOf } from './socks-of.ts';

const smtpPort = 25;

/** Never throws: what cannot be tried has an error in place of a report. `ownOnion`: an onion address of this host. */
export async function tryRelayTarget(
  target: RelayTarget,
  ownDomain: DomainName,
  ownOnion: OnionAddress | undefined,
  config: Config,
): Promise<TargetResult> {
  const outcomes: RelayOutcome[] = [];
  try {
    const manners = await runRelayAttempts(
      {
        connect: () => connectTo(target, config),
        name: formatRelayTarget(target),
        heloName: config.delivery.heloName,
        ownDomain,
        attempts: buildRelayAttempts({ ownDomain, ownOnion }),
        noSuchUser: `onionmx-no-such-user-${randomInt(1_000_000)}`,
      },
      (outcome) => void outcomes.push(outcome),
    );
    return { target, report: judgeHost(manners, outcomes), outcomes, error: undefined };
  } catch (thrown) {
    return { target, report: undefined, outcomes, error: explainFor(target, toOnionmxError(thrown)) };
  }
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
