import { test } from 'node:test';
import { judgeServices, type ServiceFacts } from '../../src/doctor/judge-services.ts';
import { parseMasterServices } from '../../src/mail-host/master-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';
import { parsePostfixParameters } from '../../src/mail-host/postfix-parameters.ts';
import { parseSocketAddress } from '../../src/protocol/socket-address.ts';
import { assertTroubles } from './findings.ts';

const onion = 'onion unix - - y - - lmtp -o syslog_name=postfix/onion';
const smtp = 'smtp inet n - y - - smtpd -o rewrite_service_name=rewrite2';
const onionIn = '127.0.0.1:2515 inet n - y - - smtpd -o smtpd_upstream_proxy_protocol=haproxy';
const rewrites = [
  'rewrite unix - - y - - trivial-rewrite',
  'rewrite2 unix - - y - - trivial-rewrite -o transport_maps=',
];
const main = [
  'compatibility_level = 3.6',
  'onion_initial_destination_concurrency = 1',
  'transport_maps = socketmap:unix:onionmx/map.sock:onionmx',
  'rewrite_service_name = rewrite',
  'lmtp_tls_security_level =',
];

interface Change {
  readonly onion?: string;
  readonly smtp?: string;
  readonly main?: string;
  readonly facts?: Partial<ServiceFacts>;
}

function build(change: Change): ServiceFacts {
  const masterText = [change.onion ?? onion, change.smtp ?? smtp, onionIn, ...rewrites].join('\n');
  const mainText = [...main, change.main ?? ''].join('\n');
  return {
    services: parseMasterServices(masterText),
    listeners: parsePostfixListeners(masterText, mainText),
    parameters: parsePostfixParameters(mainText),
    queueFolder: '/q',
    transport: 'onion',
    nexthopPrefix: 'onionmx',
    endpointFolder: '/q/onionmx',
    addresses: [parseSocketAddress('unix:/q/onionmx/map.sock')],
    ...change.facts,
  };
}

const cases: readonly [why: string, change: Change, troubles: readonly string[], says?: RegExp][] = [
  ['all is well', {}, []],
  [
    'no service',
    { onion: '' },
    ['error transport-service'],
    /no service onion[^]*postconf -M 'onion\/unix=onion unix/,
  ],
  [
    'a service of another type',
    { onion: onion.replace('unix', 'inet') },
    ['error transport-service'],
    /no service onion/,
  ],
  ['no LMTP', { onion: 'onion unix - - y - - smtp' }, ['error transport-service'], /runs smtp/],
  [
    'endpoints elsewhere',
    { facts: { endpointFolder: '/run/onionmx' } },
    ['error endpoint-path'],
    /looks for endpoints in \/q\/onionmx, and onionmx makes them in \/run\/onionmx/,
  ],
  [
    'an absolute path from a chroot',
    { facts: { endpointFolder: '/run/onionmx', nexthopPrefix: '/run/onionmx' } },
    ['error endpoint-path'],
    /runs in a chroot in \/q/,
  ],
  [
    'an absolute path from a chroot that is the old default',
    {
      onion: onion.replace(' y ', ' - '),
      main: 'compatibility_level = 0',
      facts: { endpointFolder: '/run/onionmx', nexthopPrefix: '/run/onionmx' },
    },
    ['error endpoint-path'],
  ],
  [
    'an absolute path without a chroot',
    {
      onion: onion.replace(' y ', ' - '),
      facts: { endpointFolder: '/run/onionmx', nexthopPrefix: '/run/onionmx' },
    },
    [],
  ],
  [
    'upper-case letters',
    { facts: { endpointFolder: '/q/Onionmx', nexthopPrefix: 'Onionmx' } },
    ['error endpoint-path'],
    /upper-case/,
  ],
  [
    'the default concurrency',
    { main: 'onion_initial_destination_concurrency = 5' },
    ['warning concurrency'],
    /is 5\n[^]*postconf -e onion_initial_destination_concurrency=1/,
  ],
  [
    'TLS for all of LMTP',
    { main: 'lmtp_tls_security_level = encrypt' },
    ['error endpoint-tls'],
    /is encrypt/,
  ],
  ['TLS if offered', { main: 'lmtp_tls_security_level = may' }, []],
  [
    'TLS for all, but not here',
    { onion: `${onion} -o lmtp_tls_security_level=none`, main: 'lmtp_tls_security_level = encrypt' },
    [],
  ],
  ['a TLS policy', { main: 'lmtp_tls_policy_maps = hash:/x' }, ['unknown endpoint-tls'], /hash:\/x/],
  [
    'smtpd asks us itself',
    { smtp: 'smtp inet n - y - - smtpd' },
    ['warning rewrite-service'],
    /asks onionmx at smtp\n/,
  ],
  ['its own service asks us, too', { smtp: `${smtp}2` }, ['warning rewrite-service']],
];

for (const [why, change, troubles, says] of cases)
  test(`master.cf: ${why}`, () => assertTroubles(why, judgeServices(build(change)), troubles, says));

test('master.cf: no smtpd, nothing to say about it', () => {
  assertTroubles('none', judgeServices({ ...build({}), listeners: [] }), []);
});
