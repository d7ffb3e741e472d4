/**
 * The Postfix listener that onion mail alone comes through: the one recipe that is written, told and tested
 * (master(5), postconf(5) of Postfix 3.7). docs/receiving.md gives the reason of each line.
 */
import { OnionmxError } from '../errors.ts';

/** Where it listens, and where HiddenServicePort leads. */
export const onionListenerAddress = '127.0.0.1:2515';

/** Of its own, so that onion sessions never take a process that the clear net's listener could have. */
const maxProcesses = 50;

/** The fields of its line in master.cf, up to the program. */
export const onionListenerService = `${onionListenerAddress} inet n - y - ${maxProcesses} smtpd`;

/** A name for the header that marks onion mail, where one is wanted. */
export const defaultOnionHeader = 'X-Onionmx-Received';

/** Nobody relays, and nobody is trusted for the address that the PROXY line tells. */
const guards = [
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

/** What Postfix 3.9 does by itself: no second message can be hidden in one, and nobody writes before he may. */
const strictness = ['smtpd_forbid_bare_newline=yes', 'smtpd_forbid_unauth_pipelining=yes'];

/** For each circuit, and for each anvil_rate_time_unit (a minute). */
const limits = [
  'smtpd_client_connection_count_limit=20',
  'smtpd_client_connection_rate_limit=1000',
  'smtpd_client_message_rate_limit=1000',
  'smtpd_client_recipient_rate_limit=3000',
  'smtpd_client_event_limit_exceptions=',
];

/** Against clients that are slow on purpose. With braces, no value has a blank. */
const deadlines = ['smtpd_timeout=${stress?{30}:{300}}s', 'smtpd_per_request_deadline=yes'];

interface OnionListenerChoices {
  /** The header that marks each message; undefined: none. */
  readonly header?: string | undefined;
}

/** What stands behind each `-o` of its smtpd, in this order. */
export function onionListenerOptions({ header }: OnionListenerChoices = {}): readonly string[] {
  return [
    ...guards,
    ...strictness,
    ...limits,
    ...deadlines,
    ...(header === undefined ? [] : markingOptions(header)),
  ];
}

/** DATA and the first BDAT run these restrictions, once for each message, however many recipients it has. */
function markingOptions(header: string): readonly string[] {
  assertHeaderName(header);
  const prepend = `PREPEND ${header}: over an onion service`;
  return [
    `{ smtpd_data_restrictions = check_client_access static:{${prepend}} }`,
    `cleanup_service_name=${markedCleanupName}`,
  ];
}

const markedCleanupName = 'onion-cleanup';

/** What main.cf says of header_checks before. */
interface HeaderChecks {
  readonly headerChecks: string;
  /** undefined: main.cf does not say, so they are the same as header_checks. */
  readonly nestedHeaderChecks?: string | undefined;
  readonly mimeHeaderChecks?: string | undefined;
}

/**
 * What takes the header away from all other mail, so that nobody writes it himself. The onion listener needs a cleanup
 * of its own, because header_checks see what PREPEND has put there, too. Messages inside messages stay as they are.
 */
export function onionHeaderGuard(header: string, before: HeaderChecks) {
  assertHeaderName(header);
  const { headerChecks, nestedHeaderChecks = headerChecks, mimeHeaderChecks = headerChecks } = before;
  const guard = `regexp:{{/^${header}:/ IGNORE}}`;
  return {
    mainCf: [
      ['header_checks', headerChecks === '' ? guard : `${guard}, ${headerChecks}`],
      ['nested_header_checks', nestedHeaderChecks],
      ['mime_header_checks', mimeHeaderChecks],
    ],
    /** For master.cf: the fields up to the program, and what stands behind `-o`. */
    service: `${markedCleanupName} unix n - y - 0 cleanup`,
    options: [`{ header_checks = ${headerChecks} }`],
  } as const;
}

/** Stops a line of master.cf or of a table from becoming another one. RFC 5322 §2.2, without what has a meaning in a pattern. */
function assertHeaderName(header: string): void {
  if (/^[A-Za-z][A-Za-z0-9-]{0,60}$/.test(header)) return;
  throw new OnionmxError('bug', `${JSON.stringify(header)} is no header name of letters, digits and hyphens`);
}
