/** The hosts of the attack bed that are no attackers: alice's Postfix, and the mail and web server of every domain on the clear net. */
import { X509Certificate, createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority } from '../e2e/bed/certificates.ts';
import type { Postfix } from '../e2e/bed/postfix.ts';

export const senderPort = 2501;
export const webServerAddress = '127.0.0.1';
/** Not the one that alice's Postfix listens on: it would take that for itself. */
export const mailServerAddress = '127.0.0.2';

/** On the clear net it asks for DANE, and for MTA-STS when a daemon is there: see prepareSender. */
export const senderPostfix = {
  name: 'a',
  hostname: 'mx.sender.test',
  ownDomains: ['sender.test'],
  listenPorts: [],
  transportMaps: 'regexp:$config_directory/onionmx-own.regexp, socketmap:unix:onionmx/map.sock:onionmx',
  mainCf: [
    'onion_initial_destination_concurrency = 1',
    'default_transport = smtp',
    'smtp_dns_support_level = dnssec',
    'smtp_tls_security_level = dane',
    'smtp_tls_loglevel = 1',
  ],
  masterCf: [
    'onion unix - - n - - lmtp -o syslog_name=postfix/onion -o lmtp_tls_security_level=none',
    'rewrite2 unix - - n - - trivial-rewrite -o transport_maps=',
    `127.0.0.1:${senderPort} inet n - n - - smtpd -o rewrite_service_name=rewrite2`,
  ],
} as const;

export async function prepareSender(sender: Postfix, authority: CertificateAuthority): Promise<void> {
  await writeFile(join(sender.configDirectory, 'onionmx-own.regexp'), '/@sender\\.test$/ :\n');
  await sender.setMainCf([`smtp_tls_CAfile = ${authority.file}`]);
}

/** What the zone of every domain has. The times to live of records are 0, so that each word of the name server counts at once. */
export function clearNetRecords(webServer = webServerAddress): readonly string[] {
  return [`@ 0 A ${webServer}`, `mta-sts 0 A ${webServer}`, '@ 0 MX 10 mx', `mx 0 A ${mailServerAddress}`];
}

/** RFC 7672: the key of this certificate and no other. */
export function tlsaRecord(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return `_25._tcp.mx 0 TLSA 3 1 1 ${createHash('sha256').update(key).digest('hex')}`;
}
