/** Listeners of Postfix that are open relays or none, with what the audit says of each beforehand. */
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';

/** Lets in what the restriction lets in, and nobody else. */
function before(restriction: string): string {
  return `smtpd_relay_restrictions=${restriction},reject_unauth_destination`;
}

interface RelayListener {
  readonly verdict: 'open' | 'closed';
  readonly why: string;
  /** What the audit says beforehand. */
  readonly audit: string;
  /** Why the audit cannot agree with the verdict. */
  readonly differs?: string;
  /** They come after those of the right listener. */
  readonly settings: readonly string[];
}

const unread = 'what a table answers is not read, so the audit says that it cannot be told';

/** Each is a listener of its own. */
export const listeners: readonly RelayListener[] = [
  {
    verdict: 'open',
    why: "mynetworks with Tor's range",
    audit: 'open',
    settings: ['mynetworks=[fc00::]/7', before('permit_mynetworks')],
  },
  {
    verdict: 'open',
    why: 'mynetworks with the whole world',
    audit: 'open',
    settings: ['mynetworks=0.0.0.0/0,[::]/0', before('permit_mynetworks')],
  },
  {
    verdict: 'open',
    why: 'a trial that was left on',
    audit: 'warning',
    differs: unread,
    settings: [before('warn_if_reject'), 'smtpd_recipient_restrictions=check_client_access,static:OK,reject'],
  },
  {
    verdict: 'open',
    why: 'the own domain trusted as a sender',
    audit: 'warning',
    differs: unread,
    settings: [before('check_sender_access,inline:{example.test=OK}')],
  },
  {
    verdict: 'open',
    why: 'a partner trusted as a sender',
    audit: 'warning',
    differs: unread,
    settings: [before('check_sender_access,inline:{example.net=OK}')],
  },
  {
    verdict: 'open',
    why: 'the null sender trusted',
    audit: 'warning',
    differs: unread,
    settings: ['smtpd_null_access_lookup_key=null', before('check_sender_access,inline:{null=OK}')],
  },
  {
    verdict: 'open',
    why: 'any client trusted for its HELO',
    audit: 'warning',
    differs: unread,
    settings: [before('check_helo_access,static:OK')],
  },
  {
    verdict: 'open',
    why: 'a HELO of loopback trusted',
    audit: 'warning',
    differs: unread,
    settings: [before('check_helo_access,inline:{[127.0.0.1]=OK}')],
  },
  {
    verdict: 'open',
    why: 'a client trusted for its address',
    audit: 'warning',
    differs: unread,
    settings: [before('check_client_access,static:OK')],
  },
  {
    verdict: 'open',
    why: 'a recipient domain trusted',
    audit: 'warning',
    differs: unread,
    settings: [before('check_recipient_access,inline:{example.com=OK}')],
  },
  {
    verdict: 'open',
    why: 'a refusal that is read before there is a recipient',
    audit: 'open',
    settings: [
      'mynetworks=[fc00::]/7',
      before('permit_mynetworks'),
      'smtpd_delay_reject=no',
      'smtpd_sender_restrictions=reject_unauth_destination',
    ],
  },
  { verdict: 'closed', why: 'the listener of our page', audit: 'fine', settings: [] },
  {
    verdict: 'closed',
    why: "Debian's own restrictions, which refuse for now",
    audit: 'fine',
    settings: [
      'smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,defer_unauth_destination',
    ],
  },
  { verdict: 'closed', why: 'every refusal is one for now', audit: 'fine', settings: ['soft_bounce=yes'] },
  { verdict: 'closed', why: 'strict about syntax', audit: 'fine', settings: ['strict_rfc821_envelopes=yes'] },
  {
    verdict: 'closed',
    why: 'strict about senders',
    audit: 'fine',
    settings: ['smtpd_sender_restrictions=reject_non_fqdn_sender'],
  },
  {
    verdict: 'closed',
    why: 'senders must exist',
    audit: 'fine',
    settings: ['smtpd_reject_unlisted_sender=yes'],
  },
  { verdict: 'closed', why: 'it refuses at once', audit: 'fine', settings: ['smtpd_delay_reject=no'] },
  { verdict: 'closed', why: 'no SMTPUTF8', audit: 'fine', settings: ['smtputf8_enable=no'] },
  {
    verdict: 'closed',
    why: 'few extensions',
    audit: 'fine',
    settings: ['smtpd_discard_ehlo_keywords=enhancedstatuscodes,pipelining,smtputf8'],
  },
  {
    verdict: 'closed',
    why: 'networks that strangers do not come from',
    audit: 'warning', // whoever writes the line himself comes from them
    settings: ['mynetworks=192.0.2.0/24', before('permit_mynetworks')],
  },
];

/** What a client who means harm says, and the attempts do not. */
interface Attack {
  readonly why: string;
  readonly circuitId: 'haproxy' | 'none';
  readonly audit: string;
  readonly firstLine: string;
  readonly commands: readonly string[];
  readonly settings: readonly string[];
}

const envelope = [
  'EHLO x.test',
  'MAIL FROM:<onionmx-check@example.net>',
  'RCPT TO:<onionmx-check@example.com>',
];
const trusting = ['mynetworks=127.0.0.0/8', before('permit_mynetworks')];
const forgedLine = 'PROXY TCP4 127.0.0.1 127.0.0.1 1025 25\r\n';

export const attacks: readonly Attack[] = [
  {
    why: 'a local process forges the PROXY line',
    circuitId: 'haproxy',
    audit: 'warning',
    firstLine: forgedLine,
    commands: envelope,
    settings: trusting,
  },
  {
    why: 'onion clients forge it, as tor writes none',
    circuitId: 'none',
    audit: 'open broken',
    firstLine: forgedLine,
    commands: envelope,
    settings: trusting,
  },
  {
    why: 'a circuit says by XCLIENT that it is loopback',
    circuitId: 'haproxy',
    audit: 'warning open', // the first is for the forged line
    firstLine: formatTorProxyLine(73, 25),
    commands: ['EHLO x.test', 'XCLIENT ADDR=127.0.0.1 NAME=localhost', ...envelope],
    settings: [...trusting, 'smtpd_authorized_xclient_hosts=[fc00:dead:beef:4dad::]/64'],
  },
];
