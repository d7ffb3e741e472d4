/**
 * Parses one LMTP command line (RFC 2033 §4, with the grammar of RFC 5321 §4.1).
 * Paths and parameters are checked for their form and kept as they were written, in their order: quoted local parts,
 * UTF-8 addresses (RFC 6531), the null sender. Tolerated, since MTAs send it: any case, a space after the colon, spaces at the end.
 */
import { TextDecoder } from 'node:util';
import type { SmtpReply } from './smtp-reply.ts';

/** What stood between < and >, and `KEYWORD` or `KEYWORD=value` as written. */
interface PathWithParameters {
  readonly path: string;
  readonly parameters: readonly string[];
}

export type LmtpCommand =
  | { readonly verb: 'LHLO' | 'DATA' | 'RSET' | 'NOOP' | 'VRFY' | 'HELP' | 'QUIT' }
  | { readonly verb: 'MAIL' | 'RCPT'; readonly argument: PathWithParameters }
  /** No command that can be obeyed: what to answer. */
  | { readonly verb: 'refused'; readonly reply: SmtpReply };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** The alternatives differ in their first character: no backtracking. A > inside quotes ends nothing. */
const pathPattern = /^<((?:"(?:[^"\\]|\\.)*"|[^"\\<> ])*)>(?: (.*))?$/;
const parameterPattern = /^[A-Za-z0-9][A-Za-z0-9-]*(?:=[^ =]+)?$/;

/** `line` has no CRLF. */
export function parseLmtpCommand(line: Buffer): LmtpCommand {
  const text = decode(line);
  if (text === undefined) return refuse(501, '5.5.2 the command is no valid UTF-8');
  // a CR or another control character in an address would reach the exchanger's command parser
  if (/\p{Cc}/u.test(text)) return refuse(501, '5.5.2 control character in the command');
  const [, word = '', rest = ''] = /^([A-Za-z]+)(?: +(.*))?$/.exec(text.trimEnd()) ?? [];
  return parseVerb(word.toUpperCase(), rest);
}

function parseVerb(verb: string, rest: string): LmtpCommand {
  switch (verb) {
    case 'MAIL':
      return (
        parsePath(verb, /^FROM: ?/i, rest) ?? refuse(501, '5.1.7 syntax: MAIL FROM:<address> [parameters]')
      );
    case 'RCPT':
      return parsePath(verb, /^TO: ?/i, rest) ?? refuse(501, '5.1.3 syntax: RCPT TO:<address> [parameters]');
    case 'LHLO':
      return rest === '' ? refuse(501, '5.5.4 syntax: LHLO host-name') : { verb };
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return rest === '' ? { verb } : refuse(501, `5.5.4 ${verb} takes no argument`);
    case 'NOOP':
    case 'VRFY':
    case 'HELP':
      return { verb };
    case 'HELO':
    case 'EHLO':
      return refuse(500, '5.5.1 this is LMTP, say LHLO');
    default:
      return refuse(500, '5.5.1 unknown command');
  }
}

/** undefined when it is not written as the grammar says. */
function parsePath(verb: 'MAIL' | 'RCPT', prefix: RegExp, rest: string): LmtpCommand | undefined {
  if (!prefix.test(rest)) return undefined;
  const [whole, path = '', tail = ''] = pathPattern.exec(rest.replace(prefix, '')) ?? [];
  if (whole === undefined || (verb === 'RCPT' && path === '')) return undefined;
  const parameters = tail.split(' ').filter((parameter) => parameter !== '');
  const bad = parameters.find((parameter) => !parameterPattern.test(parameter));
  return bad === undefined
    ? { verb, argument: { path, parameters } }
    : refuse(501, '5.5.4 bad parameter syntax');
}

function decode(line: Buffer): string | undefined {
  try {
    return utf8.decode(line);
  } catch {
    return undefined;
  }
}

function refuse(code: number, text: string): LmtpCommand {
  return { verb: 'refused', reply: { code, lines: [text] } };
}
