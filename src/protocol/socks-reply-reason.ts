/**
 * What a refusal of Tor's SocksPort means: RFC 1928 §6, and the onion service codes of Tor's proposal 304, which need
 * the SocksPort flag ExtendedErrors. The words follow what was seen with tor 0.4.9, not the names in the RFC.
 */
import { type ErrorCode, OnionmxError } from '../errors.ts';
import { isUnderOnion } from './domain-name.ts';
import type { SocksTarget } from './socks5.ts';

interface Reason {
  readonly code: ErrorCode;
  /** `onion` is `AAA.onion`, `at` is `AAA.onion:25`, in both. */
  readonly explain: (onion: string, at: string) => string;
  readonly hint?: (at: string) => string;
}

const eitherSide = 'it may be our Tor or their host';

const reasons: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [0x01, connectFailed(`general failure, often a closed port there or a broken circuit; ${eitherSide}`)],
  [0x02, torRefused('the rules of its SocksPort forbid it')],
  [0x03, torRefused('it has no network')],
  [0x04, connectFailed(`host unreachable; ${eitherSide}`)],
  [0x05, connectFailed('connection refused: the onion service does not offer that port')],
  [0x06, connectFailed(`timed out inside Tor; ${eitherSide}`)],
  [0x07, torRefused('it does not know the command CONNECT')],
  [0x08, torRefused('it does not take host names')],
  [0xf0, noDescriptor('has no descriptor: the onion service is off or unknown')],
  [0xf1, noDescriptor('has no valid descriptor: it cannot be read, or it is outdated')],
  [0xf2, unreachable('introduction failed: its host is off, or has just restarted')],
  [0xf3, unreachable('rendezvous failed: its host was asked and did not come')],
  [0xf4, needsAuthorisation('none is set up in our Tor')],
  [0xf5, needsAuthorisation('the one that is set up in our Tor is wrong')],
  [0xf6, { code: 'onion-address-refused', explain: (onion) => `Tor says that ${onion} is no onion address` }],
  [0xf7, unreachable('introduction timed out: its host or its introduction points are gone or overloaded')],
]);

/** The error for the reply field of a refusal; its text names the onion address and ends with the code itself. */
export function toSocksReplyError(replyCode: number, { host, port }: SocksTarget): OnionmxError {
  const seen = `SOCKS reply 0x${replyCode.toString(16).padStart(2, '0').toUpperCase()}`;
  const at = `${host}:${port}`;
  const reason = reasons.get(replyCode);
  if (reason === undefined) {
    return new OnionmxError('tor-refused', `our Tor did not connect to ${at}: unknown ${seen}`);
  }
  if (reason.code === 'onion-connect-failed' && !isUnderOnion(host)) return exitFailed(replyCode, at, seen);
  const message = `${reason.explain(host, at)} (${seen})`;
  return new OnionmxError(reason.code, message, reason.hint === undefined ? {} : { hint: reason.hint(at) });
}

const exitReasons: ReadonlyMap<number, string> = new Map([
  [0x04, 'there is no such host, or no way to it'],
  [0x05, 'it refuses the connection'],
  [0x06, 'no answer in time'],
]);

/** A host on the clear net, such as a resolver or a web server: nothing there is an onion service, or can be probed as one. */
function exitFailed(replyCode: number, at: string, seen: string): OnionmxError {
  const why = exitReasons.get(replyCode) ?? 'the exit gives no reason';
  return new OnionmxError(
    'onion-connect-failed',
    `${at} cannot be reached through an exit of Tor: ${why} (${seen})`,
    {
      hint: 'it may be that host, the exit or our Tor: try again, which takes another exit, before you ask its operator',
    },
  );
}

function connectFailed(why: string): Reason {
  return {
    code: 'onion-connect-failed',
    explain: (_onion, at) => `${at} did not answer: ${why}`,
    hint: (at) => `\`onionmx probe ${at}\`, and the same for another exchanger, shows whose fault it is`,
  };
}

function unreachable(why: string): Reason {
  return {
    code: 'onion-unreachable',
    explain: (_onion, at) => `${at} did not answer: ${why}`,
    hint: askTheirOperator,
  };
}

function noDescriptor(why: string): Reason {
  return { code: 'onion-no-descriptor', explain: (onion) => `${onion} ${why}`, hint: askTheirOperator };
}

function askTheirOperator(at: string): string {
  return `ask the operator of that host whether its Tor runs; try again with \`onionmx probe ${at}\``;
}

function needsAuthorisation(why: string): Reason {
  return {
    code: 'onion-needs-authorisation',
    explain: (onion) => `${onion} wants client authorisation: ${why}`,
    hint: () =>
      'ask its operator for a key, and name the folder of it with ClientOnionAuthDir in `tor.extraTorrc`',
  };
}

function torRefused(why: string): Reason {
  return {
    code: 'tor-refused',
    explain: (_onion, at) => `our Tor did not connect to ${at}: ${why}`,
    hint: () => 'look at its SocksPort lines: `onionmx config` shows `tor.socks` and `tor.extraTorrc`',
  };
}
