/** Right configurations, where a false alarm would be a mistake; the wrong ones are in the files beside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditReceiving } from '../../src/relay-check/audit.ts';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';
import {
  audit,
  type Configuration,
  onionListener,
  onionService,
  publicListener,
  severities,
} from './postfix-configuration.ts';

test("Debian's mynetworks and HiddenServicePort 25 are an open relay, and the finding says why and what to do", () => {
  const [finding, ...others] = audit({ reason: 'the naive way', torrc: onionService('25', 'none') });
  assert.deepEqual(others, []);
  assert.ok(finding);
  const { fix, ...rest } = finding;
  assert.deepEqual(rest, {
    severity: 'open',
    service: '/var/lib/tor/mail',
    virtualPort: 25,
    listener: 'smtp',
    what:
      'onion clients appear as 127.0.0.1, as tor itself; mynetworks has them in 127.0.0.0/8, and permit_mynetworks ' +
      'comes before anything in smtpd_relay_restrictions that refuses strangers: everybody on Tor can relay',
    setting: 'mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128',
  });
  assert.match(
    fix ?? '',
    /^master\.cf: 127\.0\.0\.1:2515 inet .* -o mynetworks= .*; torrc: HiddenServicePort 25 /,
  );
});

test('the fix of a missing listener is a right configuration itself', () => {
  const [missing] = audit({ reason: 'no listener', master: '', torrc: onionService('25 2515') });
  const [master = '', torrc = ''] = (missing?.fix ?? '').split('; torrc: ');
  const findings = audit({
    reason: 'as the fix says',
    master: master.replace('master.cf: ', ''),
    torrc: `HiddenServiceDir /a\n${torrc.replace(', ', '\n')}\n`,
  });
  assert.equal(severities(findings), 'fine');
});

test('the documented way is fine', () => {
  assert.deepEqual(audit({ reason: 'the documented way', main: ['inet_protocols = ipv4'] }), [
    {
      severity: 'fine',
      service: '/var/lib/tor/mail',
      virtualPort: 25,
      listener: '127.0.0.1:2515',
      what: 'port 25 leads to 127.0.0.1:2515, which sees each circuit as a client of its own and refuses to relay for them',
      setting: 'smtpd_relay_restrictions = reject_unauth_destination',
      fix: undefined,
    },
  ]);
});

const right: readonly Configuration[] = [
  {
    reason: 'the sender restrictions are read when the recipient is known',
    main: ['smtpd_sender_restrictions = reject_unauth_destination'],
    torrc: onionService('25', 'none'),
  },
  {
    reason: 'without the PROXY line IPv4 is enough',
    main: ['inet_protocols = ipv4', 'mynetworks ='],
    torrc: onionService('25', 'none'),
  },
  {
    reason: 'these permit nothing to a stranger',
    master: onionListener(
      '-o { smtpd_relay_restrictions = permit_auth_destination, permit_mx_backup, permit_tls_clientcerts, reject }',
    ),
  },
  {
    reason: 'deferring is a refusal',
    master: onionListener('-o smtpd_relay_restrictions=permit_auth_destination,defer'),
  },
  {
    reason: 'a table that only warns',
    master: onionListener(
      '-o { smtpd_relay_restrictions = warn_if_reject check_sender_access hash:/etc/postfix/x, reject_unauth_destination }',
    ),
  },
  { reason: 'the documented way' },
  { reason: 'inet_protocols of main.cf does not count', main: ['inet_protocols = ipv4'] },
  {
    reason: 'refused for now is refused',
    master: onionListener('-o smtpd_relay_restrictions=defer_unauth_destination'),
  },
  {
    reason: 'with mynetworks empty permit_mynetworks permits nobody',
    master: onionListener('-o { smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination }'),
  },
  {
    reason: 'the older way: the refusal in the recipient restrictions',
    master: onionListener(
      '-o smtpd_relay_restrictions= -o smtpd_recipient_restrictions=reject_unauth_destination',
    ),
  },
  {
    reason: 'the recipient restrictions refuse what the relay restrictions permit',
    master: onionListener(
      '-o smtpd_relay_restrictions=permit -o smtpd_recipient_restrictions=reject_unauth_destination',
    ),
  },
  {
    reason: 'mynetworks is not asked',
    master: onionListener('-o mynetworks=127.0.0.0/8'),
  },
  {
    reason: 'no PROXY line, but a listener where loopback is nobody',
    master: '127.0.0.1:2600 inet n - y - - smtpd -o mynetworks=',
    torrc: onionService('25 2600', 'none'),
  },
  {
    reason: 'the loopback is taken out of mynetworks',
    main: ['mynetworks = !127.0.0.1 127.0.0.0/8 192.0.2.0/24'],
    torrc: onionService('25', 'none'),
  },
  {
    reason: 'IPv6 loopback with IPv4 mynetworks',
    main: ['mynetworks = 127.0.0.0/8'],
    torrc: onionService('25 [::1]:25', 'none'),
  },
  {
    reason: 'a class of restrictions that refuses',
    main: ['smtpd_restriction_classes = onion', 'onion = reject_unauth_destination'],
    master: onionListener('-o smtpd_relay_restrictions=onion'),
  },
  {
    reason: 'postscreen, with the guard at the smtpd behind it',
    master: `2525 inet n - y - 1 postscreen -o postscreen_upstream_proxy_protocol=haproxy
smtpd pass - - y - - smtpd -o mynetworks= -o smtpd_relay_restrictions=reject_unauth_destination`,
    torrc: onionService('25 2525'),
  },
  {
    reason: 'a check that warns only',
    master: onionListener('-o { smtpd_helo_restrictions = warn_if_reject reject_unknown_helo_hostname }'),
  },
  {
    reason: 'tables and block lists behind a refusal',
    master: onionListener(
      '-o { smtpd_recipient_restrictions = check_recipient_access hash:/etc/postfix/rcpt, reject_rbl_client bl.test, check_policy_service unix:private/spf }',
    ),
  },
];

test('no false alarm for right configurations', () => {
  for (const configuration of right) {
    const findings = audit(configuration);
    assert.equal(severities(findings), 'fine', `${configuration.reason}: ${JSON.stringify(findings)}`);
  }
});

test('without mynetworks every style has the loopback', () => {
  const listeners = parsePostfixListeners(
    publicListener,
    'mynetworks_style = subnet\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
  );
  const findings = auditReceiving(listeners, parseHiddenServices(onionService('25', 'none')));
  assert.equal(severities(findings), 'open');
});

test('what is no mail is passed over; an smtpd behind another port is not', () => {
  assert.deepEqual(audit({ reason: 'a web server', torrc: onionService('80 8080', 'none') }), []);
  assert.deepEqual(audit({ reason: 'no service', torrc: 'SocksPort 9050' }), []);
  assert.equal(
    severities(audit({ reason: 'smtpd at 8025', torrc: onionService('8025 25', 'none') })),
    'open',
  );
});
