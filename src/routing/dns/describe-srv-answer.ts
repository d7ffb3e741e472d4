/** An SRV answer as a sentence for people. */
import { formatExchanger } from '../../protocol/exchanger.ts';
import type { SrvAnswer } from './srv-discovery.ts';

export function describeSrvAnswer(answer: SrvAnswer): string {
  if (answer.kind === 'failed')
    return `failed: ${answer.why}, ${answer.detail} (resolver ${answer.resolver})`;
  const facts = [
    answer.authenticated ? 'DNSSEC-validated' : 'not DNSSEC-validated',
    `TTL ${answer.ttlSeconds} s`,
    `resolver ${answer.resolver}`,
    ...(answer.chain.length > 0 ? [`by CNAME ${answer.chain.join(' → ')}`] : []),
    ...answer.ignored.map(({ target, reason }) => `ignored ${target}: ${reason}`),
  ];
  return `${whatIsSaid(answer)} (${facts.join('; ')})`;
}

function whatIsSaid(answer: Exclude<SrvAnswer, { kind: 'failed' }>): string {
  if (answer.kind === 'none') return describeNone(answer.why);
  return answer.exchangers
    .map(
      (exchanger) =>
        `${formatExchanger(exchanger)} priority ${exchanger.priority} weight ${exchanger.weight}`,
    )
    .join(', ');
}

export function describeNone(why: (SrvAnswer & { kind: 'none' })['why']): string {
  return `no onion mail exchanger: ${why}`;
}
