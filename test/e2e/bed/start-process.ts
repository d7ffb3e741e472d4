/** Starts a long-running program as a child of the bed, its output in a file, and ends it by its own process id. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readTail } from './read-tail.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly outputPath: string;
  /** Besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves with the exit status or the signal's name. */
  readonly ended: Promise<string>;
  /** Throws, with the end of its output, when the process is gone. */
  readonly assertRunning: () => void;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Asks it to end, and kills it when it does not in time. Does nothing when it has ended. */
  readonly stop: (signal?: NodeJS.Signals, timeoutMs?: number) => Promise<void>;
  readonly kill: () => Promise<void>;
}

/** The child has a session of its own: a Ctrl-C reaches the bed alone, which then stops everything in good order. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const output = openSync(options.outputPath, 'a');
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
  });
  closeSync(output);
  let ending: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (status, signal) => {
      ending = signal ?? String(status);
      resolve(ending);
    });
  });
  const pid = await waitUntilSpawned(child, options);
  const send = (signal: NodeJS.Signals) => {
    if (ending === undefined) process.kill(pid, signal);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 5000) => {
    send(signal);
    const timer = setTimeout(() => send('SIGKILL'), timeoutMs);
    await ended;
    clearTimeout(timer);
  };
  return { name: options.name, pid, ended, send, stop, kill: () => stop('SIGKILL'), assertRunning };

  function assertRunning(): void {
    if (ending === undefined) return;
    throw new Error(`${options.name} ended with ${ending}\n${readTail(options.outputPath)}`);
  }
}

function waitUntilSpawned(child: ReturnType<typeof spawn>, options: ProcessOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`cannot start ${options.name} (${options.command})`, { cause })),
    );
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}
