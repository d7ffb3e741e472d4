import { test } from 'node:test';
import { judgeTor, type TorFacts } from '../../src/doctor/judge-tor.ts';
import { assertTroubles } from './findings.ts';

const failure = { message: 'it failed', hint: 'try this' };
const fine: TorFacts = {
  program: { path: '/usr/sbin/tor', version: '0.4.8.16' },
  socks: 'unix:/run/socks',
  network: { kind: 'answers', tellsReasons: true, ms: 300 },
  lacksProofOfWork: false,
  bootstrap: undefined,
  onions: [{ name: 'a.onion:25', error: undefined, isClosed: false }],
  unnamed: [],
};

const cases: readonly [why: string, change: Partial<TorFacts>, troubles: readonly string[], says?: RegExp][] =
  [
    ['all is well', {}, []],
    ['a Tor that runs already', { program: undefined }, []],
    ['no tor', { program: failure }, ['error tor-program'], /it failed[^]*try this/],
    ['the oldest tor', { program: { path: '/tor', version: '0.4.7.1' } }, []],
    [
      'an older tor',
      { program: { path: '/tor', version: '0.4.6.12' } },
      ['warning tor-program'],
      /0\.4\.6\.12/,
    ],
    ['no proof of work', { lacksProofOfWork: true }, ['warning proof-of-work'], /flood/],
    [
      'nobody at the SocksPort',
      { network: { kind: 'no-socks', error: failure } },
      ['error tor-socks', 'unknown onion-service'],
      /it failed[^]*waits in the queue[^]*onionmx serve/,
    ],
    [
      'nobody at the SocksPort of a Tor that runs already',
      { program: undefined, network: { kind: 'no-socks', error: failure } },
      ['error tor-socks', 'unknown onion-service'],
      /it failed[^]*try this/,
    ],
    [
      'no network',
      { network: { kind: 'no-network', error: failure }, bootstrap: '10 %, Connecting (clock skew)' },
      ['error tor-network', 'unknown onion-service'],
      /it failed[^]*10 %, Connecting \(clock skew\)[^]*timedatectl/,
    ],
    [
      'no network, and tor does not say why',
      { network: { kind: 'no-network', error: failure } },
      ['error tor-network', 'unknown onion-service'],
    ],
    [
      'a SocksPort without ExtendedErrors',
      { network: { kind: 'answers', tellsReasons: false, ms: 1 } },
      ['warning socks-errors'],
      /add ExtendedErrors/,
    ],
    [
      'an onion service of ours that nobody reaches',
      {
        onions: [
          {
            name: 'a.onion:25',
            error: { message: 'a.onion did not answer', hint: undefined },
            isClosed: false,
          },
        ],
      },
      ['error onion-service'],
      /your a\.onion did not answer[^]*onionmx probe a\.onion:25/,
    ],
    [
      'one of a closed group',
      { onions: [{ name: 'a.onion:25', error: failure, isClosed: true }] },
      ['unknown onion-service'],
      /closed group/,
    ],
    [
      'one without an address',
      { unnamed: ['/var/lib/tor/mail'] },
      ['unknown onion-service'],
      /\/var\/lib\/tor\/mail/,
    ],
  ];

for (const [why, change, troubles, says] of cases)
  test(`tor: ${why}`, () => assertTroubles(why, judgeTor({ ...fine, ...change }), troubles, says));
