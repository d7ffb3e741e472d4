/** The Postfix listener that onion mail alone comes through: the one recipe that is written, told and tested. */

/** Where it listens, and where HiddenServicePort leads. */
export const onionListenerAddress = '127.0.0.1:2515';

/** The `-o` options of its smtpd; docs/receiving.md gives the reason of each. */
export const onionListenerOptions: readonly string[] = [
  'syslog_name=postfix/onion-in',
  'inet_protocols=all',
  'smtpd_upstream_proxy_protocol=haproxy',
  'mynetworks=',
  'smtpd_relay_restrictions=reject_unauth_destination',
  'smtpd_client_restrictions=',
  'smtpd_helo_restrictions=',
  'smtpd_sender_restrictions=',
  'smtpd_recipient_restrictions=',
  'smtpd_sasl_auth_enable=no',
  'smtpd_peername_lookup=no',
  'smtpd_authorized_xclient_hosts=',
  'smtpd_authorized_xforward_hosts=',
];
