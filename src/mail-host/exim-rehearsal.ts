/**
 * `exim4 -bh`: Exim plays an SMTP session as if a client had come, with its real settings and ACLs, and says why it answers
 * as it does. No packet goes to its listener, and no message is kept (exim(8)). It asks DNS what it would ask for a real
 * client: its name, and what the ACLs want to know of the envelope; callouts are left out.
 */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { OnionmxError, messageOf } from '../errors.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import { ReplyDecoder } from '../protocol/smtp-reply-decoder.ts';
import { ProgramFailure } from './run-program.ts';

export interface EximSession {
  /** The client's IP address. */
  readonly client: string;
  /** The listener, as Exim writes it: `127.0.0.1.2515`. */
  readonly at: string;
  /** All that the client says, with CRLF line ends. */
  readonly input: string;
}

export interface EximRehearsal {
  readonly replies: readonly SmtpReply[];
  /** What Exim says of its decisions, lines that begin with `>>>`. */
  readonly trace: string;
}

const program = 'exim4';
const timeoutMs = 60_000;

/** Throws `exim-unreadable`. */
export async function rehearseExim({ client, at, input }: EximSession): Promise<EximRehearsal> {
  const { stdout, stderr, failure } = await runExim(['-bh', client, '-oMi', at], input);
  const replies = readReplies(stdout);
  if (replies.length === 0) throw eximUnreadable(failure ?? new Error(stderr.trim() || 'it says nothing'));
  return { replies, trace: stderr };
}

export function eximUnreadable(cause: unknown): OnionmxError {
  const why = messageOf(cause).trim();
  return new OnionmxError('exim-unreadable', `cannot ask Exim for its configuration: ${why}`, {
    hint: 'run this as root; see `exim4 -bV`; or name what is to be tried, such as your onion address',
    cause,
  });
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly failure: Error | undefined;
}

function runExim(args: readonly string[], input: string): Promise<Output> {
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { env, timeout: timeoutMs }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, failure: error === null ? undefined : new ProgramFailure(error) }),
    );
    child.stdin?.on('error', () => {}); // it may hang up before it has read all
    child.stdin?.end(input);
  });
}

/** Before the banner it says that this is not for real. */
function readReplies(stdout: string): readonly SmtpReply[] {
  const decoder = new ReplyDecoder();
  const lines = stdout.split('\n').filter((line) => /^[2-5]\d\d(?:[ -]|\r?$)/.test(line));
  decoder.push(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  const replies: SmtpReply[] = [];
  for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) replies.push(reply);
  return replies;
}
