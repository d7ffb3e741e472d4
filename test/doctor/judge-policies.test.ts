import { test } from 'node:test';
import { judgePolicies, type PolicyFacts } from '../../src/doctor/judge-policies.ts';
import { assertTroubles } from './findings.ts';

const fine: PolicyFacts = {
  listeners: [],
  filters: [],
  verifiesThroughUs: true,
  tlsPolicies: [],
  asksPolicyDaemon: false,
};

function restricted(word: string, isGuarded = false): Partial<PolicyFacts> {
  return {
    listeners: [{ listener: 'smtp', restrictions: [{ list: 'smtpd_x_restrictions', word, isGuarded }] }],
  };
}

const cases: readonly [
  why: string,
  change: Partial<PolicyFacts>,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['nothing is set', {}, []],
  ['no DNS is asked', restricted('reject_unauth_destination'), []],
  [
    'senders',
    restricted('reject_unknown_sender_domain'),
    ['warning dns-for-onion'],
    /reject_unknown_sender_domain in smtpd_x_restrictions of smtp\na sender under .onion is asked of DNS, and refused/,
  ],
  ['senders, by MX', restricted('check_sender_mx_access'), ['warning dns-for-onion'], /is asked of DNS; /],
  ['senders, by NS', restricted('check_sender_ns_access'), ['warning dns-for-onion']],
  ['senders, by address', restricted('check_sender_a_access'), ['warning dns-for-onion']],
  [
    'recipients',
    restricted('reject_unknown_recipient_domain'),
    ['warning dns-for-onion'],
    /behind permit_mynetworks/,
  ],
  ['recipients, by MX', restricted('permit_mx_backup'), ['warning dns-for-onion']],
  [
    'HELO',
    restricted('reject_unknown_helo_hostname'),
    ['warning dns-for-onion'],
    /calls itself by its onion name/,
  ],
  ['HELO, by its old name', restricted('reject_unknown_hostname'), ['warning dns-for-onion']],
  ['the client is no name of the envelope', restricted('check_client_mx_access'), []],
  ['a guard stands before it', restricted('reject_unknown_sender_domain', true), []],
  ['verification the way mail goes', restricted('reject_unverified_recipient'), []],
  [
    'verification another way',
    { ...restricted('reject_unverified_sender'), verifiesThroughUs: false },
    ['warning verification'],
    /address_verify_transport_maps/,
  ],
  ['nothing is verified', { verifiesThroughUs: false }, []],
  [
    'a milter',
    { filters: ['smtpd_milters = unix:x'] },
    ['unknown filters'],
    /smtpd_milters = unix:x may ask DNS/,
  ],
  ['TLS policies are for the clear net', { tlsPolicies: ['hash:/etc/postfix/tls'] }, []],
  [
    'a policy daemon that onionmx asks too',
    { tlsPolicies: ['socketmap:inet:127.0.0.1:8461:postfix'], asksPolicyDaemon: true },
    [],
  ],
  [
    'a policy daemon that only Postfix asks',
    { tlsPolicies: ['socketmap:inet:localhost:8461:postfix'] },
    ['warning tls-policy'],
    /trust\.tlsPolicyDaemon: "socketmap:inet:127\.0\.0\.1:8461:postfix"/,
  ],
];

for (const [why, change, troubles, says] of cases)
  test(`policies: ${why}`, () => assertTroubles(why, judgePolicies({ ...fine, ...change }), troubles, says));
