/** onionmx as a process, from its sources: what it says, how it ends, and its log as it comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import process from 'node:process';

interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stderr: string;
}

export interface MainProcess {
  readonly stdout: Readable;
  readonly ended: Promise<Ended>;
  send(signal: NodeJS.Signals): void;
  /** Resolves when `count` lines of standard error hold the text; rejects when it ends before that. */
  waitForLine(text: string, count?: number): Promise<void>;
}

interface WithAfter {
  after(run: () => void): void;
}

export function startMain(t: WithAfter, args: readonly string[]): MainProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr });
  reader.on('line', (line) => lines.push(line));
  const ended = waitForEnd(child).then((code) => ({ code, stderr: lines.join('\n') }));
  return {
    stdout: child.stdout,
    ended,
    send: (signal) => void child.kill(signal),
    async waitForLine(text, count = 1) {
      const isThere = () => lines.filter((line) => line.includes(text)).length >= count;
      const seen = new Promise<void>((resolve) => {
        const look = () => isThere() && resolve();
        reader.on('line', look);
        look();
      });
      await Promise.race([seen, ended]);
      if (!isThere()) throw new Error(`it ended without ${count} times ${text}:\n${lines.join('\n')}`);
    },
  };
}

/** Runs a command to its end. */
export async function runMain(t: WithAfter, ...args: string[]): Promise<Ended & { readonly stdout: string }> {
  const main = startMain(t, args);
  const stdout = await readAll(main.stdout);
  return { ...(await main.ended), stdout };
}

export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** `close` comes when all that was said has been read too. */
function waitForEnd(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
}
