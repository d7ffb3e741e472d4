/** The resolvers: do they answer, do they validate DNSSEC, and does their word count? */
import { type DoctorFinding, find } from './finding.ts';

export interface ResolverFacts {
  /** `127.0.0.1:53` */
  readonly name: string;
  readonly isLocal: boolean;
  /** The answer about a zone that is signed: with the AD flag or without; or why there was none. */
  readonly answer: { readonly isAuthenticated: boolean } | { readonly trouble: string };
}

export interface DnsFacts {
  readonly resolvers: readonly ResolverFacts[];
  readonly trustAd: 'loopback' | 'always' | 'never';
}

export function judgeDns({ resolvers, trustAd }: DnsFacts): readonly DoctorFinding[] {
  return resolvers.flatMap((resolver) => judgeResolver(resolver, trustAd));
}

function judgeResolver(resolver: ResolverFacts, trustAd: DnsFacts['trustAd']): readonly DoctorFinding[] {
  const { name, answer } = resolver;
  if ('trouble' in answer) {
    const reason = 'mail to domains that are not known yet waits, and then takes the clear net';
    return [find('error', 'resolver', `${name} does not answer: ${answer.trouble}`, reason, digAt(name))];
  }
  return [find('ok', 'resolver', `${name} answers`), judgeDnssec(resolver, answer.isAuthenticated, trustAd)];
}

function judgeDnssec(
  { name, isLocal }: ResolverFacts,
  isAuthenticated: boolean,
  trustAd: DnsFacts['trustAd'],
): DoctorFinding {
  if (!isAuthenticated) {
    const reason = 'whoever can forge its answers decides where onion mail goes, or that none does';
    return find(
      'warning',
      'resolver-dnssec',
      `${name} does not validate DNSSEC`,
      reason,
      'apt install unbound',
    );
  }
  if (trustAd === 'always' || (trustAd === 'loopback' && isLocal))
    return find('ok', 'resolver-dnssec', `${name} validates DNSSEC, and its word counts`);
  const reason =
    trustAd === 'never'
      ? '`dns.trustAd` is never'
      : 'it is not on this host, so that its answers can be forged on the way (`dns.trustAd: loopback`)';
  const next = trustAd === 'never' ? 'set `dns.trustAd: loopback`' : 'apt install unbound';
  return find(
    'warning',
    'resolver-dnssec',
    `${name} validates DNSSEC, but its word does not count`,
    reason,
    next,
  );
}

function digAt(name: string): string {
  const [, host = '', port = '53'] = /^\[?(.*?)\]?:(\d+)$/.exec(name) ?? [];
  return `dig @${host} -p ${port} arpa SOA`;
}
