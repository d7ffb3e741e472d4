/** What the operator's own policy daemon says of a domain: the one that Postfix asks too (smtp_tls_policy_maps). */
import { toOnionmxError } from '../../errors.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { toPrintableText } from '../../protocol/dns-name.ts';
import type { SocketmapReply } from '../../protocol/socketmap.ts';
import { parseTlsPolicyAnswer } from '../../protocol/tls-policy-answer.ts';
import { createDnsCache } from '../dns/dns-cache.ts';
import type { TlsPolicy } from './tls-policy.ts';

export type DaemonAnswer =
  | { readonly kind: 'found'; readonly policy: TlsPolicy; readonly ttlSeconds: number }
  /** It has nothing to say: Postfix goes by its own level. */
  | { readonly kind: 'none'; readonly ttlSeconds: number }
  | { readonly kind: 'failed'; readonly why: string };

interface DaemonOptions {
  /** The daemon as the log and `onionmx lookup` name it. */
  readonly name: string;
  readonly ask: (domain: DomainName) => Promise<SocketmapReply>;
  readonly cacheEntries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** It has a cache of its own, so this one is there for bursts alone. */
const ttlSeconds = 60;

/** The function never throws. */
export function createDaemonSource(options: DaemonOptions): (domain: DomainName) => Promise<DaemonAnswer> {
  const { name, cacheEntries, now } = options;
  const ask = async (domain: DomainName): Promise<DaemonAnswer> => {
    try {
      return readReply(await options.ask(domain), domain, name);
    } catch (error) {
      return { kind: 'failed', why: `the policy daemon ${name}: ${toOnionmxError(error).message}` };
    }
  };
  return createDnsCache({ maxEntries: cacheEntries, now, ask });
}

export function readReply({ status, text }: SocketmapReply, domain: DomainName, name: string): DaemonAnswer {
  // Postfix takes an OK without text for "not found"
  if (status === 'NOTFOUND' || (status === 'OK' && text.trim() === '')) return { kind: 'none', ttlSeconds };
  if (status !== 'OK') {
    const said = `${status} ${toPrintableText(text, 120)}`.trimEnd();
    return { kind: 'failed', why: `the policy daemon ${name} says ${said}` };
  }
  const answer = parseTlsPolicyAnswer(text, domain);
  if (answer.kind === 'unclear') return { kind: 'failed', why: `the policy daemon ${name}: ${answer.why}` };
  const source = `the policy daemon ${name} says ${answer.level}`;
  return { kind: 'found', policy: toPolicy(answer, source), ttlSeconds };
}

function toPolicy(
  answer: Exclude<ReturnType<typeof parseTlsPolicyAnswer>, { kind: 'unclear' }>,
  source: string,
): TlsPolicy {
  switch (answer.kind) {
    case 'none':
      return { kind: 'none' };
    case 'dane':
      return { kind: 'dane', source };
    case 'names':
      return { kind: 'mta-sts', mxNames: answer.names, source };
  }
}
