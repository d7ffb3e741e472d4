/**
 * Exim's listener that onion mail alone comes through, as text: settings of the main section, and two ACLs in files of
 * their own. Each setting is there for one trap; docs/exim.md tells them to operators. Measured with Exim 4.96.
 */
import type { PlainAddress } from '../protocol/mail-address.ts';
import { isTestAddress } from './exim-test-address.ts';

export interface EximReceivingPlaces {
  /** Where Tor connects to, on 127.0.0.1. */
  readonly port: number;
  /** Folder of our files. */
  readonly folder: string;
  /** Marks mail that came over the onion, and is taken from all other mail; undefined: none. */
  readonly header?: string | undefined;
  /** Accepted over the onion alone, and thrown away; undefined: none. */
  readonly testAddress?: PlainAddress | undefined;
}

/** Settings of the main section that Debian's configuration leaves alone. Exim refuses a setting that is made twice. */
export const eximMainSettings = ['hosts_proxy', 'auth_advertise_hosts', 'dns_check_names_pattern'] as const;

/** Macros by which Debian's configuration lets its own settings be replaced. */
export const eximMacros = ['MAIN_ACL_CHECK_MAIL', 'MAIN_ACL_CHECK_RCPT'] as const;

/**
 * From what `exim4 -bV` prints. Debian's exim4-daemon-heavy takes PROXY lines; exim4-daemon-light does not: there the
 * torrc must do without HiddenServiceExportCircuitID, and all circuits look like 127.0.0.1.
 */
export function eximHasProxy(versionText: string): boolean {
  return /^Support for:.* PROXY\b/m.test(versionText);
}

/**
 * $received_port is the port that was connected to, whatever a PROXY line tells (seen with forged lines of both
 * versions). A session that began with a PROXY line is an onion one in any case.
 */
function onionCondition({ port }: EximReceivingPlaces): string {
  return `or{{={$received_port}{${port}}}{bool{$proxy_session}}}`;
}

export function eximMainText(places: EximReceivingPlaces): string {
  const { folder } = places;
  return `# onionmx: mail that comes over the onion service (docs/exim.md).
ONIONMX_OVER_ONION = ${onionCondition(places)}

# Tor's first line tells the circuit (HiddenServiceExportCircuitID haproxy); without such a line nothing is accepted.
.ifdef _HAVE_PROXY
hosts_proxy = \${if ={$received_port}{${places.port}}{*}{}}
.endif

# Strangers, whatever relay_from_hosts says, and whatever address the first line tells.
MAIN_ACL_CHECK_MAIL = ${folder}/acl-mail
MAIN_ACL_CHECK_RCPT = \${if ONIONMX_OVER_ONION {${folder}/acl-rcpt}{${clearNetAcl(places)}}}

# Passwords could be guessed through Tor, where no address can be blocked.
auth_advertise_hosts = \${if ONIONMX_OVER_ONION {}{*}}

# RFC 7686: no name under .onion is asked of DNS. Exim's own pattern, with that before it.
dns_check_names_pattern = (?i)^(?!(?:.*\\.)?onion\\.?$)(?>(?(1)\\.|())\\w(?>[a-z0-9/_-]*\\w)?)+(\\.?)$
`;
}

/** Debian's own, with all its words; for the test address alone another is chosen. */
function clearNetAcl({ folder, testAddress }: EximReceivingPlaces): string {
  if (testAddress === undefined) return 'acl_check_rcpt';
  return `\${if ${isTestAddress(testAddress)}{${folder}/acl-test}{acl_check_rcpt}}`;
}

/** At MAIL, on every listener: the mark is ours to give. The limit counts by circuit, and is far above a busy peer's. */
export function eximMailAcl(places: EximReceivingPlaces): string {
  return `# onionmx
${places.header === undefined ? '' : removeMark(places.header)}defer
  condition = \${if ${onionCondition(places)}}
  ratelimit = 1000 / 1m / per_mail / leaky
  message = 4.7.1 too many messages over one circuit, try again later

accept
  endpass
  acl = acl_check_mail
`;
}

function removeMark(header: string): string {
  return `warn
  remove_header = ${header}

`;
}

/** At RCPT, over the onion only. It stands for Debian's acl_check_rcpt, which trusts relay_from_hosts. */
export function eximRcptAcl({ header }: EximReceivingPlaces): string {
  return `# onionmx
deny
  message = relay not permitted
  !domains = +local_domains : +relay_to_domains

# The ways around it: percent hack, bang paths, source routes.
deny
  message = restricted characters in address
  local_parts = ^[.] : ^.*[@%!/|\`#&?]

deny
  message = too many bad recipients
  condition = \${if and{{>{$rcpt_count}{10}}{<{$recipients_count}{\${eval:$rcpt_count/2}}}}}

require
  verify = recipient

# The key of such a signature would be asked of DNS under .onion.
warn
  sender_domains = \\N^(?i)(.*\\.)?onion$\\N
  control = dkim_disable_verify

${header === undefined ? '' : addMark(header)}accept
`;
}

function addMark(header: string): string {
  return `warn
  add_header = ${header}: over an onion service

`;
}
