/**
 * Postfix as Debian's package leaves it after "Internet Site", at Debian's own paths and chrooted: what this machine has in
 * /etc and /var is covered, so that everything written there lies in the bed's folder. For tests of what changes a host.
 */
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bedRootVariable } from './bed-folder.ts';
import { coverFolder } from './cover-folder.ts';
import { describePostfix, type Postfix } from './postfix.ts';
import { runProgram } from './run-program.ts';

export interface DebianPostfixOptions {
  /** The own domain; the host is `mx.<domain>`. */
  readonly domain: string;
  /** Where mail goes that nothing sends elsewhere: `[127.0.0.1]:2599`. */
  readonly relayhost: string;
}

const packageFolder = '/usr/share/postfix';
const logFolder = '/var/log/postfix';
const nobody = 65_534;
const users = ['postmaster', 'bob', 'alice'];

/** The users of the domain have one Maildir together. */
export async function startDebianPostfix(bedFolder: string, options: DebianPostfixOptions): Promise<Postfix> {
  if (process.env[bedRootVariable] === undefined) throw new Error('needs the namespace of a bed');
  const root = join(bedFolder, 'debian');
  for (const name of ['etc', 'var'] as const) await coverFolder(root, name);
  const maildir = await makeMailbox();
  await writeConfiguration(options, maildir);
  await runProgram('sh', ['/usr/lib/postfix/configure-instance.sh', '-']);
  const postfix = describePostfix(
    { name: 'debian', hostname: `mx.${options.domain}`, ownDomains: [options.domain], listenPorts: [25] },
    {
      root,
      configDirectory: '/etc/postfix',
      queueDirectory: '/var/spool/postfix',
      dataDirectory: '/var/lib/postfix',
      maildir,
      logPath: `${logFolder}/mail.log`,
    },
  );
  await postfix.start();
  return postfix;
}

async function makeMailbox(): Promise<string> {
  await mkdir(logFolder);
  await mkdir('/var/mail/bed');
  await chown('/var/mail/bed', nobody, nobody);
  await chmod('/var/mail/bed', 0o755);
  return '/var/mail/bed/all';
}

/** As the package's postinst does it, with the answers that it asks for. The last two lines are the bed's. */
async function writeConfiguration(
  { domain, relayhost }: DebianPostfixOptions,
  maildir: string,
): Promise<void> {
  await copyFile(`${packageFolder}/main.cf.debian`, '/etc/postfix/main.cf');
  await copyFile(`${packageFolder}/master.cf.dist`, '/etc/postfix/master.cf');
  // An overlay shows what lies below mounts, and the resolver of the namespace is one.
  await writeFile('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
  await writeFile('/etc/aliases', users.map((user) => `${user}: ${maildir}/\n`).join(''));
  await runProgram('postconf', [
    '-e',
    'smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination',
    `myhostname = mx.${domain}`,
    'alias_maps = hash:/etc/aliases',
    'alias_database = hash:/etc/aliases',
    `mydestination = $myhostname, ${domain}, localhost.${domain}, localhost`,
    `relayhost = ${relayhost}`,
    'mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128',
    'mailbox_size_limit = 0',
    'recipient_delimiter = +',
    'inet_interfaces = all',
    'inet_protocols = all',
    `maillog_file = ${logFolder}/mail.log`,
    'maillog_file_prefixes = /var',
  ]);
  await runProgram('newaliases', []);
}
