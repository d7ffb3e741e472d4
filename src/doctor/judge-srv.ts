/** What the domains of this host publish (`_onion-mx._tcp`), against the onion services that it has. */
import { type DoctorFinding, find } from './finding.ts';

export type SrvFacts = { readonly domain: string } & (
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'none'; readonly why: string; readonly ignored: readonly string[] }
  | {
      readonly kind: 'found';
      /** `AAA.onion:25` */
      readonly exchangers: readonly string[];
      readonly isAuthenticated: boolean;
      readonly ignored: readonly string[];
    }
);

export interface OwnOnions {
  /** `AAA.onion:25` for each port of an onion service that takes mail. */
  readonly exchangers: readonly string[];
  /** Those that are not for a closed group. */
  readonly toPublish: readonly string[];
  /** An onion service may be missing: an address or a torrc could not be read. */
  readonly isIncomplete: boolean;
}

export function judgeSrv(domains: readonly SrvFacts[], own: OwnOnions): readonly DoctorFinding[] {
  if (domains.length === 0)
    return [
      find(
        'unknown',
        'srv',
        'no domain of this host is known',
        'it cannot be seen what your domains publish',
        'list them in `domains.own`',
      ),
    ];
  return domains.flatMap((facts) => judgeDomain(facts, own));
}

function judgeDomain(facts: SrvFacts, own: OwnOnions): readonly DoctorFinding[] {
  switch (facts.kind) {
    case 'failed':
      return [
        find('unknown', 'srv', `${facts.domain} could not be asked for`, facts.detail, lookUp(facts.domain)),
      ];
    case 'none':
      return [judgeUnpublished(facts, own)];
    case 'found':
      return [judgeTargets(facts, own), ...judgeSignature(facts)];
  }
}

function judgeUnpublished(
  { domain, why, ignored }: Extract<SrvFacts, { kind: 'none' }>,
  { exchangers, toPublish }: OwnOnions,
): DoctorFinding {
  const [first] = toPublish;
  if (ignored.length > 0)
    return find(
      'error',
      'srv',
      `what ${domain} publishes is no onion mail exchanger`,
      ignored.join('\n'),
      first === undefined ? lookUp(domain) : recordFor(domain, first),
    );
  if (first === undefined) {
    const has = exchangers.length === 0 ? 'none' : 'those of closed groups alone';
    return find('ok', 'srv', `${domain} publishes no onion mail exchanger, and this host has ${has}`);
  }
  return find(
    'warning',
    'srv',
    `${domain} publishes no onion mail exchanger (${why})`,
    'this host has one, but nobody learns of it from DNS: mail to you takes the clear net',
    recordFor(domain, first),
  );
}

function judgeTargets(
  { domain, exchangers, ignored }: Extract<SrvFacts, { kind: 'found' }>,
  own: OwnOnions,
): DoctorFinding {
  const foreign = exchangers.filter((exchanger) => !own.exchangers.includes(exchanger));
  if (foreign.length === 0 && ignored.length === 0)
    return find('ok', 'srv', `${domain} publishes ${exchangers.join(', ')}, which is this host`);
  if (foreign.length === 0)
    return find('warning', 'srv', `${domain} also publishes what is of no use`, ignored.join('\n'));
  const fact = `${domain} publishes ${foreign.join(', ')}`;
  if (own.isIncomplete)
    return find(
      'unknown',
      'srv',
      fact,
      'whether that is this host needs the addresses of your onion services: run this as root',
    );
  const [first] = own.exchangers;
  if (first === undefined)
    return find(
      'warning',
      'srv',
      fact,
      'this host has no onion service for mail: if no other host of yours has that one, nobody can deliver there',
      lookUp(domain),
    );
  const isMixed = foreign.length < exchangers.length;
  return find(
    isMixed ? 'warning' : 'error',
    'srv',
    `${fact}, which ${isMixed ? 'besides this host ' : ''}is none of yours (${own.exchangers.join(', ')})`,
    isMixed
      ? 'right if another host of yours has it; a stale address makes senders wait'
      : 'mail to you goes there, or waits at its senders',
    recordFor(domain, first),
  );
}

function judgeSignature({
  domain,
  isAuthenticated,
}: Extract<SrvFacts, { kind: 'found' }>): readonly DoctorFinding[] {
  if (isAuthenticated) return [find('ok', 'srv-signed', `the record of ${domain} is DNSSEC-validated`)];
  const reason = 'senders cannot tell it from a forged one';
  return [
    find(
      'warning',
      'srv-signed',
      `the record of ${domain} is not DNSSEC-validated`,
      reason,
      `sign the zone; then dig +dnssec _onion-mx._tcp.${domain} SRV`,
    ),
  ];
}

function recordFor(domain: string, exchanger: string): string {
  const [host = '', port = '25'] = exchanger.split(':');
  return `publish: _onion-mx._tcp.${domain}. 3600 IN SRV 0 5 ${port} ${host}.`;
}

function lookUp(domain: string): string {
  return `dig _onion-mx._tcp.${domain} SRV`;
}
