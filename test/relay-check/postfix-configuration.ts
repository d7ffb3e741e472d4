/** Made-up configurations in the form in which Postfix prints them, and what the audit says of them. */
import assert from 'node:assert/strict';
import { auditReceiving } from '../../src/relay-check/audit.ts';
import type { Finding } from '../../src/relay-check/finding.ts';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';

/** What `postconf -x` of Postfix 3.7.11 says of these parameters, with the mynetworks that Debian writes. */
const debianMain = `inet_interfaces = all
inet_protocols = all
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
mynetworks_style = host
postscreen_upstream_proxy_protocol =
smtpd_authorized_xclient_hosts =
smtpd_authorized_xforward_hosts =
smtpd_client_restrictions =
smtpd_data_restrictions =
smtpd_end_of_data_restrictions =
smtpd_helo_restrictions =
smtpd_recipient_restrictions =
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
smtpd_restriction_classes =
smtpd_sasl_auth_enable = no
smtpd_sender_restrictions =
smtpd_service_name = smtpd
smtpd_upstream_proxy_protocol =
`;

/** Later lines hold: the lines given come last. */
function debianParameters(...lines: readonly string[]): string {
  return `${debianMain}${lines.join('\n')}\n`;
}

export const publicListener = 'smtp       inet  n       -       y       -       -       smtpd';

/** The onion listener as the documents give it; options given come last and hold. */
export function onionListener(options = ''): string {
  return `127.0.0.1:2515 inet n - y - - smtpd
    -o syslog_name=postfix/onion-in -o inet_protocols=all -o smtpd_upstream_proxy_protocol=haproxy -o mynetworks=
    -o smtpd_relay_restrictions=reject_unauth_destination -o smtpd_client_restrictions= -o smtpd_helo_restrictions=
    -o smtpd_sender_restrictions= -o smtpd_recipient_restrictions= -o smtpd_sasl_auth_enable=no
    -o smtpd_peername_lookup=no -o smtpd_authorized_xclient_hosts= -o smtpd_authorized_xforward_hosts=
    ${options}`;
}

/** A torrc with one service; `haproxy` lets tor write the PROXY line. */
export function onionService(port: string, circuitId: 'haproxy' | 'none' = 'haproxy'): string {
  return `HiddenServiceDir /var/lib/tor/mail
HiddenServicePort ${port}
HiddenServiceExportCircuitID ${circuitId}
`;
}

/** What differs from a plain Debian with the documented onion listener. */
export interface Configuration {
  readonly reason: string;
  readonly master?: string;
  readonly main?: readonly string[];
  readonly torrc?: string;
}

export function audit({
  master = onionListener(),
  main = [],
  torrc = onionService('25 2515'),
}: Configuration): readonly Finding[] {
  const listeners = parsePostfixListeners(`${publicListener}\n${master}\n`, debianParameters(...main));
  return auditReceiving(listeners, parseHiddenServices(torrc));
}

export function severities(findings: readonly Finding[]): string {
  return findings.map(({ severity }) => severity).join(' ');
}

export interface WrongConfiguration extends Configuration {
  readonly expected: string;
  /** Found in the finding that names the trouble: what, setting or fix. */
  readonly says: RegExp;
}

export function assertFindings(configurations: readonly WrongConfiguration[]): void {
  for (const configuration of configurations) {
    const findings = audit(configuration);
    const text = JSON.stringify(findings).replaceAll('\\"', '"');
    assert.equal(severities(findings), configuration.expected, `${configuration.reason}: ${text}`);
    assert.match(text, configuration.says, configuration.reason);
  }
}
