/** Runs a program of this host and takes what it prints. Debian's sbin folders are on PATH; messages are in English. */
import { messageOf } from '../errors.ts';
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const timeoutMs = 60_000;
const maxBytes = 2 ** 24;
const maxWords = 2000;

/** Standard output. Rejects with a ProgramFailure when it fails, cannot be started or takes too long. */
export async function runProgram(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  try {
    const { stdout } = await run(command, [...args], { env, timeout: timeoutMs, maxBuffer: maxBytes });
    return stdout;
  } catch (cause) {
    throw new ProgramFailure(cause);
  }
}

/** The message is what the program said; some say it on standard output. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  /** It ran, failed, and said nothing: for some programs that is an answer. */
  readonly isSilent: boolean;

  constructor(cause: unknown) {
    const words = ['stderr', 'stdout']
      .map((stream) => readStream(cause, stream))
      .join('')
      .trim();
    const message = messageOf(cause);
    super(words === '' ? message : words.slice(-maxWords), { cause });
    this.isSilent =
      words === '' && cause instanceof Error && 'code' in cause && typeof cause.code === 'number';
  }
}

function readStream(cause: unknown, stream: string): string {
  const value: unknown = cause instanceof Error ? Reflect.get(cause, stream) : undefined;
  return typeof value === 'string' ? value : '';
}
