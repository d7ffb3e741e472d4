/** One tor process: started with a torrc of ours, its log lines read, ended in good order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { OnionmxError } from '../errors.ts';
import { parseTorLogLine, summarizeLog, type TorLogLine } from './tor-log-line.ts';

export interface TorProcess {
  /** True until it has ended and all that it said has been read. */
  isRunning(): boolean;
  /** How it ended: `status 1` or `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Its last complaints, in its own words. */
  lastWords(): string;
  /** SIGTERM, and SIGKILL when it has not ended in time. Resolves when it has ended. */
  stop(killAfterMs?: number): Promise<void>;
}

const keptLines = 20;
const stopTimeoutMs = 5000;

/** Resolves when the process exists. Throws `tor-failed` when it cannot be executed. */
export async function startTorProcess(
  program: string,
  torrcFile: string,
  onLine: (line: TorLogLine) => void,
): Promise<TorProcess> {
  // No defaults of the distribution. In a session of its own: a Ctrl-C comes to us alone, and we stop it in order.
  const child = spawn(program, ['--defaults-torrc', '/dev/null', '-f', torrcFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: TorLogLine[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (text) => {
      const line = parseTorLogLine(text);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine(line);
    });
  }
  const ending = watchEnd(child);
  await waitUntilSpawned(child, program);
  return {
    ...ending,
    lastWords: () => summarizeLog(lines),
    stop: (killAfterMs = stopTimeoutMs) => stopChild(child, ending.ended, killAfterMs),
  };
}

/** `close` comes after `exit`, when its last words have been read. */
function watchEnd(child: ChildProcess): Pick<TorProcess, 'isRunning' | 'ended'> {
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once('close', (status, signal) => {
      hasEnded = true;
      resolve(signal === null ? `status ${status}` : `signal ${signal}`);
    });
  });
  return { ended, isRunning: () => !hasEnded };
}

/** A client tor obeys SIGTERM at once; SIGINT would make one that is also a relay linger. */
async function stopChild(child: ChildProcess, ended: Promise<string>, killAfterMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await ended;
  clearTimeout(timer);
}

function waitUntilSpawned(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new OnionmxError('tor-failed', `cannot start ${program}: ${cause.message}`, { cause })),
    );
  });
}
