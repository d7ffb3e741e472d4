/** Asks for the TLS policy of a domain: the daemon that the operator has, else TLSA records and MTA-STS by ourselves. */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { type DomainName, isUnderOnion } from '../../protocol/domain-name.ts';
import type { AskTlsPolicy, TlsPolicy } from './tls-policy.ts';
import type { DaemonAnswer } from './tls-policy-daemon.ts';
import type { DaneAnswer } from './tls-policy-dane.ts';

interface TlsPolicySources {
  /** undefined: this host has none. */
  readonly askDaemon: ((domain: DomainName) => Promise<DaemonAnswer>) | undefined;
  readonly askDane: (domain: DomainName) => Promise<DaneAnswer>;
  readonly askMtaSts: AskTlsPolicy;
  /** For all of it: the MTA waits meanwhile. */
  readonly timeoutMs: number;
  readonly log: Log;
}

export function createTlsPolicyAsker(sources: TlsPolicySources): AskTlsPolicy {
  const { askDaemon, askDane, askMtaSts, timeoutMs, log } = sources;

  async function decide(domain: DomainName): Promise<TlsPolicy> {
    if (askDaemon === undefined)
      return combinePolicies(...(await Promise.all([askDane(domain), askMtaSts(domain)])));
    const answer = await askDaemon(domain);
    if (answer.kind === 'found') return answer.policy;
    if (answer.kind === 'failed') return { kind: 'unknown', why: answer.why };
    // Postfix goes by its own level then, which may be dane: postfix-mta-sts-resolver knows nothing of DANE
    return combinePolicies(await askDane(domain), { kind: 'none' });
  }

  return async (domain) => {
    if (isUnderOnion(domain)) return { kind: 'none' };
    try {
      return await withinTime(decide(domain), timeoutMs);
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      log.error({ domain, ...errorFields(error) }, 'cannot find out about the TLS policy of a domain');
      return { kind: 'unknown', why: error.message };
    }
  };
}

/** RFC 8461 §2: DANE comes first, and MTA-STS must not stand against it. */
export function combinePolicies(dane: DaneAnswer, mtaSts: TlsPolicy): TlsPolicy {
  if (dane.kind === 'found') return { kind: 'dane', source: `TLSA records of ${dane.mxName}` };
  if (mtaSts.kind !== 'none' || dane.kind === 'none') return mtaSts;
  return { kind: 'unknown', why: `whether it has DANE: ${dane.why}` };
}

async function withinTime(work: Promise<TlsPolicy>, timeoutMs: number): Promise<TlsPolicy> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<TlsPolicy>((resolve) => {
    const why = `no answer within ${timeoutMs / 1000} s`;
    timer = setTimeout(() => resolve({ kind: 'unknown', why }), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
