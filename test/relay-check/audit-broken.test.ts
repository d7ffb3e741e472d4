/** Configurations through which no onion mail arrives, or that are more open than they need be. */
import { test } from 'node:test';
import {
  assertFindings,
  onionListener,
  onionService,
  type WrongConfiguration,
} from './postfix-configuration.ts';

const broken: readonly WrongConfiguration[] = [
  {
    reason: 'Postfix waits for a line that tor does not write',
    torrc: onionService('25 2515', 'none'),
    expected: 'broken',
    says: /waits for a PROXY line.*torrc, below HiddenServiceDir \/var\/lib\/tor\/mail \(line 1\): HiddenServiceExportCircuitID haproxy/,
  },
  {
    reason: 'tor writes a line that Postfix does not wait for',
    master: '127.0.0.1:2600 inet n - y - - smtpd -o mynetworks=',
    torrc: onionService('25 2600'),
    expected: 'broken',
    says: /smtpd_upstream_proxy_protocol =/,
  },
  {
    reason: 'the same at postscreen, which has a parameter of its own',
    main: ['mynetworks =', 'smtpd_upstream_proxy_protocol = haproxy'],
    master: '2525 inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd',
    torrc: onionService('25 2525'),
    expected: 'broken',
    says: /postscreen_upstream_proxy_protocol =/,
  },
  {
    reason: "tor's line has an IPv6 address",
    master: onionListener('-o inet_protocols=ipv4'),
    expected: 'broken',
    says: /inet_protocols \(ipv4\) has no ipv6.*-o inet_protocols=all/,
  },
  {
    reason: 'a circuit has no name',
    master: onionListener('-o smtpd_client_restrictions=reject_unknown_client_hostname'),
    expected: 'broken',
    says: /-o smtpd_client_restrictions=/,
  },
  {
    reason: 'a circuit has no PTR record, in main.cf',
    main: ['smtpd_data_restrictions = reject_unknown_reverse_client_hostname'],
    expected: 'broken',
    says: /-o smtpd_data_restrictions=/,
  },
  {
    reason: 'a .onion name has no address, and DNS is asked for it',
    master: onionListener(
      '-o { smtpd_recipient_restrictions = reject_unauth_pipelining, reject_unknown_helo_hostname }',
    ),
    expected: 'broken',
    says: /no DNS knows the \.onion name/,
  },
  {
    reason: 'the same without the PROXY line, where the loopback is nobody',
    main: ['mynetworks =', 'smtpd_helo_restrictions = permit_mynetworks reject_unknown_helo_hostname'],
    torrc: onionService('25', 'none'),
    expected: 'broken',
    says: /smtpd_helo_restrictions/,
  },
  {
    reason: 'all mail is refused',
    master: onionListener('-o smtpd_client_restrictions=permit_mynetworks,reject'),
    expected: 'broken',
    says: /reject in smtpd_client_restrictions refuses all mail/,
  },
  {
    reason: 'all relaying is, and own mail with it',
    master: onionListener('-o smtpd_relay_restrictions=reject'),
    expected: 'broken',
    says: /-o smtpd_relay_restrictions=reject_unauth_destination/,
  },
  {
    reason: 'all mail is refused before the relay restrictions permit it to all',
    main: ['smtpd_client_restrictions = reject'],
    torrc: onionService('25', 'none'),
    expected: 'broken',
    says: /reject in smtpd_client_restrictions/,
  },
  {
    reason: 'what an honest client would meet does not matter while none gets through',
    master: onionListener('-o smtpd_client_restrictions=reject'),
    torrc: onionService('25 2515', 'none'),
    expected: 'broken',
    says: /waits for a PROXY line/,
  },
  {
    reason: 'no IPv6 at postscreen: its smtpd has other mail too, so the cure is a listener of its own',
    main: ['inet_protocols = ipv4', 'mynetworks ='],
    master: `2525 inet n - y - 1 postscreen -o postscreen_upstream_proxy_protocol=haproxy
smtpd pass - - y - - smtpd`,
    torrc: onionService('25 2525'),
    expected: 'broken',
    says: /"fix":"master\.cf: 127\.0\.0\.1:2515 inet/,
  },
  {
    reason: 'nobody listens at the port for submission',
    torrc: onionService('587 2516'),
    expected: 'broken',
    says: /port 587 leads to 127\.0\.0\.1:2516/,
  },
  {
    reason: 'nobody listens',
    torrc: onionService('25 2516'),
    expected: 'broken',
    says: /HiddenServicePort 25 127\.0\.0\.1:2516 \(torrc, line 2\)/,
  },
  {
    reason: 'nobody listens on a Unix-domain socket',
    torrc: onionService('25 unix:/run/mail'),
    expected: 'broken',
    says: /leads to unix:\/run\/mail, where no smtpd/,
  },
  {
    reason: 'master.cf listens on the other family alone',
    main: ['inet_protocols = ipv4'],
    torrc: onionService('25 [::1]:25'),
    expected: 'broken',
    says: /where no smtpd/,
  },
];

const warnings: readonly WrongConfiguration[] = [
  {
    reason: 'a local process can forge the PROXY line',
    master: onionListener(
      '-o mynetworks=127.0.0.0/8 -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    expected: 'warning',
    says: /"setting":"mynetworks = 127\.0\.0\.0\/8","fix":"master\.cf, service 127\.0\.0\.1:2515: -o mynetworks="/,
  },
  {
    reason: 'the same by permit_inet_interfaces',
    master: onionListener('-o smtpd_relay_restrictions=permit_inet_interfaces,reject_unauth_destination'),
    expected: 'warning',
    says: /smtpd_relay_restrictions has permit_inet_interfaces/,
  },
  {
    reason: 'logins',
    master: onionListener('-o smtpd_sasl_auth_enable=yes'),
    expected: 'warning',
    says: /-o smtpd_sasl_auth_enable=no/,
  },
  {
    reason: 'submission through Tor: the reject at the end is for those who do not log in',
    master: onionListener(
      '-o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject',
    ),
    torrc: onionService('587 2515'),
    expected: 'warning',
    says: /passwords/,
  },
  {
    reason: 'XCLIENT',
    master: onionListener('-o smtpd_authorized_xclient_hosts=127.0.0.1'),
    expected: 'warning',
    says: /smtpd_authorized_xclient_hosts is not empty \(127\.0\.0\.1\)/,
  },
  {
    reason: 'XFORWARD',
    master: onionListener('-o smtpd_authorized_xforward_hosts=127.0.0.1'),
    expected: 'warning',
    says: /-o smtpd_authorized_xforward_hosts=/,
  },
  {
    reason: 'mynetworks in a table',
    main: ['mynetworks = cidr:/etc/postfix/networks'],
    torrc: onionService('25', 'none'),
    expected: 'warning',
    says: /cannot be told: mynetworks = cidr:\/etc\/postfix\/networks comes before defer_unauth_destination/,
  },
  {
    reason: 'a table may answer OK before the refusal',
    master: onionListener(
      '-o { smtpd_relay_restrictions = check_sender_access hash:/etc/postfix/friends, reject_unauth_destination }',
    ),
    expected: 'warning',
    says: /check_sender_access hash:\/etc\/postfix\/friends comes before reject_unauth_destination/,
  },
  {
    reason: 'the same in a class of restrictions',
    main: ['smtpd_restriction_classes = friends', 'friends = check_client_access cidr:/etc/postfix/friends'],
    master: onionListener('-o smtpd_relay_restrictions=friends,reject_unauth_destination'),
    expected: 'warning',
    says: /check_client_access cidr:\/etc\/postfix\/friends comes before/,
  },
  {
    reason: 'a closed group: the reject is for those who are not in the table',
    master: onionListener(
      '-o { smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/members, reject } -o smtpd_sasl_auth_enable=yes',
    ),
    expected: 'warning',
    says: /passwords/,
  },
  {
    reason: 'XCLIENT for onion clients, where no address may relay',
    main: ['mynetworks =', 'smtpd_authorized_xclient_hosts = 127.0.0.1'],
    torrc: onionService('25', 'none'),
    expected: 'warning',
    says: /smtpd_authorized_xclient_hosts is not empty/,
  },
  {
    reason: 'a condition that was not resolved',
    master: onionListener('-o smtpd_relay_restrictions=${x?permit},reject_unauth_destination'),
    expected: 'warning',
    says: /\$\{x\?permit\} comes before/,
  },
  {
    reason: 'another host',
    torrc: onionService('25 192.0.2.9:2500', 'none'),
    expected: 'warning',
    says: /seems to be another host/,
  },
];

test('what keeps onion mail out is named', () => assertFindings(broken));

test('what is open to others than strangers is a warning', () => assertFindings(warnings));
