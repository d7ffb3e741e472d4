/** Configurations that make an open relay. */
import { test } from 'node:test';
import {
  assertFindings,
  onionListener,
  onionService,
  type WrongConfiguration,
} from './postfix-configuration.ts';

const openRelays: readonly WrongConfiguration[] = [
  {
    reason: 'a listener of its own, and the PROXY line at neither end',
    master: '127.0.0.1:2515 inet n - y - - smtpd',
    torrc: onionService('25 2515', 'none'),
    expected: 'open',
    says: /mynetworks = 127/,
  },
  {
    reason: 'IPv6 loopback',
    torrc: onionService('25 [::1]:25', 'none'),
    expected: 'open',
    says: /appear as ::1.*in \[::1\]\/128/,
  },
  {
    reason: 'any of 127.0.0.0/8 reaches a listener on all addresses, and tor comes from 127.0.0.1',
    main: ['mynetworks = 127.0.0.1'],
    torrc: onionService('25 127.9.9.9:25', 'none'),
    expected: 'open',
    says: /appear as 127\.0\.0\.1/,
  },
  {
    reason: 'by the address of this host, which mynetworks has too',
    main: ['mynetworks = 192.0.2.0/24'],
    torrc: onionService('25 192.0.2.2:25', 'none'),
    expected: 'open',
    says: /appear as 192\.0\.2\.2.*in 192\.0\.2\.0\/24/,
  },
  {
    reason: 'by name',
    main: ['mynetworks = localhost'],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /in localhost,/,
  },
  {
    reason: 'the older way, with the recipient restrictions alone',
    main: [
      'smtpd_relay_restrictions =',
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination',
    ],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /in smtpd_recipient_restrictions that/,
  },
  {
    reason: 'in capitals, and Postfix folds them',
    main: ['smtpd_relay_restrictions = PERMIT_MYNETWORKS, reject_unauth_destination'],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /permit_mynetworks/,
  },
  {
    reason: 'permit_inet_interfaces has the loopback as well',
    main: ['mynetworks =', 'smtpd_relay_restrictions = permit_inet_interfaces, reject_unauth_destination'],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /permit_inet_interfaces comes before/,
  },
  {
    reason: "tor's range lies in mynetworks",
    master: onionListener(
      '-o mynetworks=[fc00:dead:beef:4dad::]/64 -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    expected: 'open',
    says: /by the PROXY line; mynetworks has them in \[fc00:dead:beef:4dad::\]\/64/,
  },
  {
    reason: 'all unique local addresses are mynetworks',
    master: onionListener(
      '-o mynetworks=10.0.0.0/8,[fc00::]/7 -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    expected: 'open',
    says: /-o mynetworks=/,
  },
  {
    reason: 'the whole of IPv6 is mynetworks, written without brackets',
    master: onionListener(
      '-o mynetworks=::/0 -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    expected: 'open',
    says: /in ::\/0/,
  },
  {
    reason: 'one circuit of tor is enough',
    master: onionListener(
      '-o mynetworks=[fc00:dead:beef:4dad::29] -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    expected: 'open',
    says: /4dad::29/,
  },
  {
    reason: 'a bare permit first',
    master: onionListener('-o smtpd_relay_restrictions=permit,reject_unauth_destination'),
    expected: 'open',
    says: /permit comes before anything in smtpd_relay_restrictions/,
  },
  {
    reason: 'a permit in a class of restrictions',
    main: ['smtpd_restriction_classes = friends', 'friends = permit'],
    master: onionListener('-o smtpd_relay_restrictions=friends,reject_unauth_destination'),
    expected: 'open',
    says: /permit comes before/,
  },
  {
    reason: 'the name that a stranger gives is no defence: any name that DNS knows will do',
    main: [
      'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
      'smtpd_helo_restrictions = reject_unknown_helo_hostname',
    ],
    torrc: onionService('25', 'none'),
    expected: 'open broken',
    says: /mynetworks has them/,
  },
  {
    reason: 'the sender restrictions come before there is a recipient to refuse',
    main: ['smtpd_delay_reject = no', 'smtpd_sender_restrictions = reject_unauth_destination'],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /mynetworks has them/,
  },
  {
    reason: 'nothing refuses',
    master: onionListener(
      '-o smtpd_relay_restrictions= -o smtpd_recipient_restrictions=reject_non_fqdn_recipient',
    ),
    expected: 'broken',
    says: /neither smtpd_relay_restrictions nor/,
  },
  {
    reason: 'a refusal that only warns',
    master: onionListener('-o { smtpd_relay_restrictions = warn_if_reject reject_unauth_destination }'),
    expected: 'broken',
    says: /neither/,
  },
  {
    reason: 'tor writes no PROXY line, so that the client may',
    master: onionListener(
      '-o mynetworks=127.0.0.0/8 -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination',
    ),
    torrc: onionService('25 2515', 'none'),
    expected: 'open broken',
    says: /can write one with any address; mynetworks has them in 127/,
  },
  {
    reason: 'the PROXY line taken for a command: out of step, but a client that knows can relay',
    torrc: onionService('25', 'haproxy'),
    expected: 'open broken',
    says: /unknown SMTP command/,
  },
  {
    reason: 'onion clients may say XCLIENT, and mynetworks has somebody',
    main: ['mynetworks = 192.0.2.0/24', 'smtpd_authorized_xclient_hosts = 127.0.0.1'],
    torrc: onionService('25', 'none'),
    expected: 'open',
    says: /by XCLIENT and relay/,
  },
  {
    reason: 'two ports, one of them open',
    torrc:
      'HiddenServiceDir /a\nHiddenServicePort 25 2515\nHiddenServicePort 587 25\nHiddenServiceExportCircuitID haproxy',
    expected: 'fine open broken',
    says: /"virtualPort":587/,
  },
];

test('an open relay is named, with the setting that lets strangers in', () => assertFindings(openRelays));
