import { test } from 'node:test';
import { type DnsFacts, judgeDns, type ResolverFacts } from '../../src/doctor/judge-dns.ts';
import { assertTroubles } from './findings.ts';

const signed = { isAuthenticated: true };
const local: ResolverFacts = { name: '127.0.0.1:53', isLocal: true, answer: signed };
const far: ResolverFacts = { name: '[2001:db8::1]:5353', isLocal: false, answer: signed };

const cases: readonly [
  why: string,
  resolver: ResolverFacts,
  trustAd: DnsFacts['trustAd'],
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['it validates, on this host', local, 'loopback', []],
  ['it validates, elsewhere', far, 'loopback', ['warning resolver-dnssec'], /not on this host/],
  ['it validates, elsewhere, and is believed', far, 'always', []],
  ['it validates, and nobody is believed', local, 'never', ['warning resolver-dnssec'], /trustAd[^]*never/],
  [
    'it does not validate',
    { ...local, answer: { isAuthenticated: false } },
    'always',
    ['warning resolver-dnssec'],
    /does not validate/,
  ],
  [
    'it does not answer',
    { ...far, answer: { trouble: 'timeout' } },
    'loopback',
    ['error resolver'],
    /timeout[^]*dig @2001:db8::1 -p 5353 arpa/,
  ],
  [
    'it validates, elsewhere, over TLS',
    { ...far, name: 'tls://192.0.2.1:853#dns.example' },
    'loopback',
    ['warning resolver-dnssec'],
    /not on this host \(`dns\.trustAd: loopback`\)[^]*trustAd: always/,
  ],
  [
    'it does not answer over TLS',
    { ...far, name: 'tls://192.0.2.1:853#dns.example', answer: { trouble: 'timeout' } },
    'loopback',
    ['error resolver'],
    /dig @192\.0\.2\.1 -p 853 \+tls-ca \+tls-hostname=dns\.example arpa/,
  ],
  [
    'it does not answer over HTTPS',
    { ...far, name: 'https://192.0.2.1:443/dns-query#dns.example', answer: { trouble: 'timeout' } },
    'loopback',
    ['error resolver'],
    /\+https=\/dns-query \+tls-ca \+tls-hostname=dns\.example/,
  ],
  [
    'it does not answer through Tor',
    { ...far, name: 'tor+tls://dns.example:853', answer: { trouble: 'timeout' } },
    'loopback',
    ['error resolver'],
    /onionmx lookup example\.org/,
  ],
];

for (const [why, resolver, trustAd, troubles, says] of cases)
  test(`a resolver: ${why}`, () =>
    assertTroubles(why, judgeDns({ resolvers: [resolver], trustAd }), troubles, says));
