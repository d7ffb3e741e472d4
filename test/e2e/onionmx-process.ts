/** onionmx as an operator runs it: the built command, a configuration file, a process with a log. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { stringify } from 'yaml';
import { readTail } from './bed/read-tail.ts';
import { type RunningProcess, startProcess } from './bed/start-process.ts';
import { waitFor } from './bed/wait-for.ts';

const program = 'dist/main.js';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Onionmx {
  readonly stateFolder: string;
  readonly configFile: string;
  readonly pid: () => number;
  readonly logLines: () => Promise<LogLine[]>;
  readonly waitForLog: (isWanted: (line: LogLine) => boolean, description: string) => Promise<LogLine>;
  /** Runs a command such as `lookup` with this configuration. */
  readonly run: (command: string, ...args: string[]) => Promise<CommandResult>;
  readonly reload: () => void;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** Starts again, and resolves when it is ready. */
  readonly start: () => Promise<void>;
}

export interface OnionmxOptions {
  /** What is put before `node dist/main.js serve …`, such as a tracer. */
  readonly wrapper?: readonly string[];
  /** For the service and its commands, such as NODE_EXTRA_CA_CERTS. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when onionmx says that it is ready. */
export async function startOnionmx(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
  { wrapper = [], env = {} }: OnionmxOptions = {},
): Promise<Onionmx> {
  const stateFolder = join(folder, 'state');
  const configFile = join(folder, 'onionmx.yaml');
  const logPath = join(folder, 'onionmx.log');
  await mkdir(folder, { recursive: true });
  await writeFile(configFile, stringify({ stateFolder, log: { level: 'debug' }, ...settings }));

  const [command, ...args] = [...wrapper, process.execPath, program, 'serve', '--config', configFile];
  let running: RunningProcess;

  async function logLines(): Promise<LogLine[]> {
    const text = await readFile(logPath, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map(parseLogLine);
  }
  function waitForLog(isWanted: (line: LogLine) => boolean, description: string): Promise<LogLine> {
    const find = async () => (await logLines()).find(isWanted);
    return waitFor(description, find, 60_000, { explain: () => readTail(logPath, 30) });
  }
  async function start(): Promise<void> {
    const known = (await logLines()).length;
    running = await startProcess({ name: 'onionmx', command, args, outputPath: logPath, env });
    const isReady = async () => {
      running.assertRunning();
      return (await logLines()).slice(known).some(({ msg }) => msg === 'ready');
    };
    await waitFor('onionmx to be ready', isReady, 60_000, { explain: () => readTail(logPath, 30) });
  }
  await start();
  return {
    stateFolder,
    configFile,
    pid: () => running.pid,
    logLines,
    waitForLog,
    run: (name, ...rest) => runCommand([name, ...rest, '--config', configFile], env),
    reload: () => running.send('SIGHUP'),
    stop: () => running.stop('SIGTERM', 20_000),
    kill: () => running.kill(),
    start,
  };
}

/** Runs the built command to its end, whatever its exit status is. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

function parseLogLine(line: string): LogLine {
  const parsed: LogLine = JSON.parse(line);
  return parsed;
}
