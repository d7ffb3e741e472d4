/** The resolvers: do they answer, do they validate DNSSEC, and does their word count? */
import { parseResolverAddress } from '../protocol/dns-resolver-address.ts';
import { isUnderOnion } from '../protocol/domain-name.ts';
import { type DoctorFinding, find } from './finding.ts';

export interface ResolverFacts {
  /** As in the configuration, with its port: `127.0.0.1:53` */
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
  const { reason, next } = trustAd === 'never' ? believedNever : isEncrypted(name) ? elsewhere : forgeable;
  return find(
    'warning',
    'resolver-dnssec',
    `${name} validates DNSSEC, but its word does not count`,
    reason,
    next,
  );
}

const believedNever = { reason: '`dns.trustAd` is never', next: 'set `dns.trustAd: loopback`' };
const forgeable = {
  reason: 'it is not on this host, so that its answers can be forged on the way (`dns.trustAd: loopback`)',
  next: 'apt install unbound',
};
const elsewhere = {
  reason: 'it is not on this host (`dns.trustAd: loopback`)',
  next: 'if you trust those who run your resolvers, all of them, set `dns.trustAd: always`',
};

function isEncrypted(name: string): boolean {
  const { transport, host } = parseResolverAddress(name);
  return transport === 'tls' || transport === 'https' || isUnderOnion(host);
}

/** A question to that resolver alone, by another program where there is one that can ask in this way. */
function digAt(name: string): string {
  const address = parseResolverAddress(name);
  const { transport, host, port, isOverTor } = address;
  if (isOverTor) return 'onionmx lookup example.org';
  const dig = `dig @${host} -p ${port}`;
  switch (transport) {
    case 'udp':
      return `${dig} arpa SOA`;
    case 'tcp':
      return `${dig} +tcp arpa SOA`;
    case 'tls':
      return `${dig} +tls-ca +tls-hostname=${address.name} arpa SOA`;
    case 'https':
      return `${dig} +https=${address.path} +tls-ca +tls-hostname=${address.name} arpa SOA`;
  }
}
