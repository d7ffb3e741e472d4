/** What DNS says of a domain's exchangers, for tests. */
import type { ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { SrvAnswer } from '../../src/routing/dns/srv-discovery.ts';

const answered = { ignored: [], ttlSeconds: 60, resolver: '127.0.0.1:53', chain: [] };

export function says(exchangers: ExchangerSet, authenticated = false): SrvAnswer {
  return { kind: 'found', exchangers, authenticated, ...answered };
}

export function none(authenticated = false, why: 'nxdomain' | 'target-dot' = 'nxdomain'): SrvAnswer {
  return { kind: 'none', why, authenticated, ...answered };
}

export const failed: SrvAnswer = {
  kind: 'failed',
  why: 'timeout',
  detail: 'no answer',
  resolver: '127.0.0.1:53',
};
