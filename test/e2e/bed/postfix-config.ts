/** The main.cf and master.cf of one Postfix instance of the bed, as text. Not chrooted, nothing shared with the system's. */
import { join } from 'node:path';

export interface PostfixOptions {
  /** Short: it is part of the queue directory's path, and Unix-domain socket paths have 107 bytes at most. */
  readonly name: string;
  /** What it greets with; two instances that talk to each other need two names. */
  readonly hostname: string;
  /** Domains whose mail is delivered here, to any local part, into one Maildir. */
  readonly ownDomains: readonly string[];
  /** Loopback ports with a plain smtpd. */
  readonly listenPorts: readonly number[];
  /** Where mail goes that no transport map sends elsewhere: `[127.0.0.1]:2599`. Without it such mail bounces. */
  readonly clearNetNexthop?: string;
  /** `transport_maps`, as Postfix writes it. Tables named by a relative path are relative to the queue directory. */
  readonly transportMaps?: string;
  /** Further lines of main.cf; a parameter set here replaces the bed's own setting. */
  readonly mainCf?: readonly string[];
  /** Further lines of master.cf. */
  readonly masterCf?: readonly string[];
}

export interface PostfixFolders {
  readonly configDirectory: string;
  readonly queueDirectory: string;
  readonly dataDirectory: string;
  readonly maildir: string;
  readonly logPath: string;
  /** The folder of all of them. */
  readonly root: string;
}

/** nobody; Postfix refuses to deliver as root. */
export const mailboxUid = 65_534;

export function postfixFolders(bedFolder: string, name: string): PostfixFolders {
  const root = join(bedFolder, name);
  return {
    root,
    configDirectory: join(root, 'etc'),
    queueDirectory: join(root, 'q'),
    dataDirectory: join(root, 'data'),
    maildir: join(root, 'mail/all'),
    logPath: join(root, 'mail.log'),
  };
}

export function mainCfText(options: PostfixOptions, folders: PostfixFolders): string {
  return [
    'compatibility_level = 3.6',
    ...placeLines(folders),
    ...identityLines(options),
    ...mailboxLines(options, folders),
    ...speedLines(),
    ...routeLines(options),
    ...(options.mainCf ?? []),
    '',
  ].join('\n');
}

function placeLines(folders: PostfixFolders): string[] {
  return [
    `queue_directory = ${folders.queueDirectory}`,
    `data_directory = ${folders.dataDirectory}`,
    `maillog_file = ${folders.logPath}`,
    `maillog_file_prefixes = ${folders.root}`,
    'alias_maps =',
    'alias_database =',
    'import_environment = MAIL_CONFIG TZ=UTC LANG=C',
  ];
}

/** Loopback clients may relay, as in Debian. Nothing is added to or rewritten in their mail: tests compare bytes. */
function identityLines({ hostname }: PostfixOptions): string[] {
  return [
    `myhostname = ${hostname}`,
    'myorigin = $myhostname',
    'mydestination =',
    'mynetworks = 127.0.0.0/8',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
    'local_header_rewrite_clients =',
    'append_dot_mydomain = no',
    'smtpd_tls_security_level = none',
    'smtp_tls_security_level = none',
    'biff = no',
  ];
}

/** The name of the one mailbox is fixed, so every address of the own domains is valid. */
function mailboxLines({ ownDomains }: PostfixOptions, folders: PostfixFolders): string[] {
  return [
    `virtual_mailbox_domains = ${ownDomains.join(' ')}`,
    `virtual_mailbox_base = ${join(folders.maildir, '..')}`,
    'virtual_mailbox_maps = static:all/',
    `virtual_uid_maps = static:${mailboxUid}`,
    `virtual_gid_maps = static:${mailboxUid}`,
    'virtual_mailbox_limit = 0',
    'message_size_limit = 67108864',
  ];
}

function speedLines(): string[] {
  return [
    'queue_run_delay = 5s',
    'minimal_backoff_time = 5s',
    'maximal_backoff_time = 10s',
    'in_flow_delay = 0',
    'anvil_rate_time_unit = 10s',
    'smtpd_client_connection_count_limit = 0',
    'smtpd_client_connection_rate_limit = 0',
    'smtpd_peername_lookup = no',
  ];
}

function routeLines({ clearNetNexthop, transportMaps }: PostfixOptions): string[] {
  return [
    clearNetNexthop === undefined
      ? 'default_transport = error:5.4.4 this bed has no clear net'
      : `relayhost = ${clearNetNexthop}`,
    ...(transportMaps === undefined ? [] : [`transport_maps = ${transportMaps}`]),
  ];
}

/** The services of Debian's master.cf that a test can need, none of them chrooted. */
const services = [
  'pickup unix n - n 60 1 pickup',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'trace unix - - n - 0 bounce',
  'verify unix - - n - 1 verify',
  'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap',
  'proxywrite unix - - n - 1 proxymap',
  'smtp unix - - n - - smtp',
  'relay unix - - n - - smtp -o syslog_name=postfix/relay',
  'showq unix n - n - - showq',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'virtual unix - n n - - virtual',
  'lmtp unix - - n - - lmtp',
  'anvil unix - - n - 1 anvil',
  'scache unix - - n - 1 scache',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'postlog unix-dgram n - n - 1 postlogd',
] as const;

export function masterCfText({ listenPorts, masterCf = [] }: PostfixOptions): string {
  const listeners = listenPorts.map((port) => `127.0.0.1:${port} inet n - n - - smtpd`);
  return [...listeners, ...services, ...masterCf, ''].join('\n');
}
