/** After a setup: does the listener for onion mail answer, and does it relay for nobody? */
import type { Config } from '../../config/schema.ts';
import { onionListenerAddress } from '../../mail-host/onion-listener.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { parseSocketAddress } from '../../protocol/socket-address.ts';
import { formatResult, type TargetResult } from '../relay/relay-report.ts';
import { tryRelayTarget } from '../relay/try-relay-target.ts';

/** Mail servers reload in their own time. */
const patienceMs = 15_000;
const pauseMs = 100;

/** Throws when it is an open relay, or does not answer. */
export async function verifyListener(ownDomain: DomainName, config: Config): Promise<void> {
  const address = parseSocketAddress(onionListenerAddress);
  const target = { kind: 'listener', address, sendsProxyLine: true } as const;
  const result = await tryUntilItAnswers(() => tryRelayTarget(target, ownDomain, undefined, config));
  if (result.report?.verdict === 'open' || result.error !== undefined)
    throw new Error(`the new listener does not do what it should: ${formatResult(result).trim()}`);
}

async function tryUntilItAnswers(attempt: () => Promise<TargetResult>): Promise<TargetResult> {
  const startedMs = performance.now();
  for (;;) {
    const result = await attempt();
    const isAbsent = result.error?.code === 'connect-failed';
    if (!isAbsent || performance.now() - startedMs > patienceMs) return result;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
