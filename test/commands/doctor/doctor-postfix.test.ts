/** What doctor makes of Postfix's own words, with tables of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherPolicies } from '../../../src/commands/doctor/gather-policies.ts';
import { type AskTable, describePostfix } from '../../../src/commands/doctor/gather-postfix.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';
import type { OwnDomains } from '../../../src/mail-host/own-domains.ts';
import { rootEnvironment } from '../../config/made-up-environment.ts';

const config = parseConfig(
  'domains: {own: [own.test]}\nlookup: {socketmap: ["unix:/q/onionmx/map.sock"]}\ndelivery: {endpointFolder: /q/onionmx}\n',
  'c.yaml',
  rootEnvironment,
);
const master = 'smtp inet n - y - - smtpd\nrewrite unix - - y - - trivial-rewrite\n';
const noDomains: OwnDomains = { exact: [], withSubdomains: [], unlisted: [] };

/** What the tables answer, by `table key`. */
function answering(answers: Readonly<Record<string, string>>): AskTable {
  return async (table, key) => {
    if (table === 'broken:') throw new Error('it cannot be asked');
    return answers[`${table} ${key}`];
  };
}

function describeMain(lines: readonly string[], ask: AskTable, ownDomains = noDomains) {
  const main = ['queue_directory = /q', 'compatibility_level = 3.6', ...lines].join('\n');
  return describePostfix(config, { main, master, ownDomains }, ask);
}

test('the tables before ours are asked for strangers and for each own domain', async () => {
  const ask = answering({
    'regexp:/own postmaster@own.test': ':',
    'static:x onionmx-check@onionmx-check.invalid': 'x',
  });
  const tables = 'regexp:/own, broken:, static:x, socketmap:unix:onionmx/map.sock:onionmx, hash:/after';
  const { transport, domains } = await describeMain([`transport_maps = ${tables}`], ask, {
    exact: ['localhost', 'b.test', 'not_a.domain'],
    withSubdomains: ['c.test'],
    unlisted: ['mysql:/x'],
  });
  assert.deepEqual(domains, ['own.test', 'b.test', 'c.test']);
  assert.deepEqual(transport.earlier, [
    { table: 'regexp:/own', isAsked: true, forStrangers: undefined, settles: ['own.test'] },
    { table: 'broken:', isAsked: false, forStrangers: undefined, settles: [] },
    { table: 'static:x', isAsked: true, forStrangers: 'x', settles: [] },
  ]);
  assert.deepEqual([transport.untried, transport.unlisted, transport.otherwise], [0, ['mysql:/x'], 'DNS']);
  assert.deepEqual([transport.socketmap, transport.isRewriteChrooted], ['/q/onionmx/map.sock', true]);
});

test('without our table nothing is asked; a relayhost is told', async () => {
  const found = await describeMain(['transport_maps = broken:', 'relayhost = [mx.test]'], answering({}));
  assert.deepEqual([found.transport.tables.ours, found.transport.earlier], [undefined, []]);
  assert.equal(found.transport.otherwise, 'the relayhost [mx.test]');
  assert.deepEqual([found.version, found.mailOwner, found.hostname], ['unknown', 'postfix', undefined]);
});

test('of many domains only the first are asked for', async () => {
  const exact = Array.from({ length: 250 }, (_, number) => `${number}.test`);
  const { transport } = await describeMain(['transport_maps ='], answering({}), { ...noDomains, exact });
  assert.deepEqual([transport.ownDomains.length, transport.untried], [200, 51]);
});

const guarded: readonly [why: string, isGuarded: boolean, ...lines: string[]][] = [
  ['it stands alone', false, 'smtpd_sender_restrictions = reject_unknown_sender_domain'],
  [
    'a table settles .onion',
    true,
    'smtpd_sender_restrictions = check_sender_access hash:/onion, reject_unknown_sender_domain',
  ],
  [
    'a table says DUNNO',
    false,
    'smtpd_sender_restrictions = check_sender_access hash:/dunno, reject_unknown_sender_domain',
  ],
  [
    'a table knows other names',
    false,
    'smtpd_sender_restrictions = check_sender_access hash:/x, reject_unknown_sender_domain',
  ],
  [
    'a table cannot be asked',
    false,
    'smtpd_sender_restrictions = check_sender_access broken:, reject_unknown_sender_domain',
  ],
  [
    'a table of recipients',
    false,
    'smtpd_sender_restrictions = check_recipient_access hash:/onion, reject_unknown_sender_domain',
  ],
  [
    'a table behind it',
    false,
    'smtpd_sender_restrictions = reject_unknown_sender_domain, check_sender_access hash:/onion',
  ],
  [
    'in a class',
    false,
    'smtpd_restriction_classes = strict',
    'strict = reject_unknown_sender_domain, strict',
    'smtpd_sender_restrictions = strict',
  ],
  ['recipients: it stands alone', false, 'smtpd_recipient_restrictions = reject_unknown_recipient_domain'],
  [
    'recipients: relaying is refused before',
    true,
    'smtpd_recipient_restrictions = reject_unauth_destination, reject_unknown_recipient_domain',
  ],
  [
    'recipients: users pass before, strangers are refused elsewhere',
    true,
    'smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination',
    'smtpd_recipient_restrictions = permit_mynetworks, reject_unknown_recipient_domain',
  ],
  [
    'recipients: users pass before, strangers are refused nowhere',
    false,
    'smtpd_recipient_restrictions = permit_mynetworks, reject_unknown_recipient_domain',
  ],
];

const noDaemon = { trust: { tlsPolicyDaemon: null, enough: 'dns', enoughFor: [] } } as const;

for (const [why, isGuarded, ...lines] of guarded)
  test(`is a restriction that asks DNS guarded: ${why}`, async () => {
    const ask = answering({
      'hash:/onion onion': 'REJECT',
      'hash:/dunno onion': 'DUNNO',
      'hash:/x example.org': 'OK',
    });
    const { services } = await describeMain(lines, ask);
    const { listeners } = await gatherPolicies(services, ask, noDaemon);
    const found = listeners.flatMap(({ restrictions }) =>
      restrictions.filter(({ word }) => word.startsWith('reject_unknown_')),
    );
    assert.deepEqual(
      found.map((restriction) => restriction.isGuarded),
      [isGuarded],
    );
  });

test('filters are found once each, also in the lists of restrictions; TLS policies and verification too', async () => {
  const { services } = await describeMain(
    [
      'smtpd_milters = inet:127.0.0.1:11332',
      'content_filter =',
      'smtpd_recipient_restrictions = check_policy_service unix:private/policy',
      'smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix, hash:/x',
      'transport_maps = socketmap:unix:onionmx/map.sock:onionmx',
    ],
    answering({}),
  );
  const { filters, tlsPolicies, verifiesThroughUs } = await gatherPolicies(services, answering({}), noDaemon);
  assert.deepEqual(filters, [
    'smtpd_milters = inet:127.0.0.1:11332',
    'check_policy_service unix:private/policy',
  ]);
  assert.deepEqual(tlsPolicies, ['socketmap:inet:127.0.0.1:8461:postfix', 'hash:/x']);
  assert.equal(verifiesThroughUs, true);
});
