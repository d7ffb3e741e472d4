/** One tor process: its data directory, its torrc, and starting, stopping, freezing it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { readTail } from './read-tail.ts';
import { type RunningProcess, startProcess } from './start-process.ts';

export interface TorProcess {
  readonly name: string;
  readonly dataFolder: string;
  readonly logPath: string;
  readonly pid: () => number;
  /** Starts it again after stop() or kill(), with the same data directory. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** SIGHUP: reads its torrc again, and retries what it downloads. */
  readonly reload: () => void;
  /** SIGSTOP: the process stays, its connections stay open, and nothing answers. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Throws, with the end of its log, when the process is gone. */
  readonly assertRunning: () => void;
  readonly logTail: () => string;
}

/** Each tor gets `<folder>/<name>` as its data directory; it ends by itself when this process dies. */
export async function startTor(folder: string, name: string, lines: readonly string[]): Promise<TorProcess> {
  const dataFolder = join(folder, name);
  const logPath = join(dataFolder, 'log');
  const torrcPath = join(dataFolder, 'torrc');
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await writeFile(torrcPath, [...processLines(dataFolder, logPath), ...lines, ''].join('\n'));
  const launch = () =>
    startProcess({
      name: `tor ${name}`,
      command: 'tor',
      args: ['-f', torrcPath, '--defaults-torrc', '/dev/null', '--quiet'],
      outputPath: logPath,
    });
  let running: RunningProcess = await launch();
  return {
    name,
    dataFolder,
    logPath,
    pid: () => running.pid,
    start: async () => void (running = await launch()),
    stop: () => running.stop('SIGINT'),
    kill: () => running.kill(),
    reload: () => running.send('SIGHUP'),
    freeze: () => running.send('SIGSTOP'),
    thaw: () => running.send('SIGCONT'),
    assertRunning: () => running.assertRunning(),
    logTail: () => readTail(logPath),
  };
}

function processLines(dataFolder: string, logPath: string): string[] {
  return [
    `DataDirectory ${dataFolder}`,
    `Log notice file ${logPath}`,
    'SafeLogging 0',
    'LogTimeGranularity 1',
    `__OwningControllerProcess ${process.pid}`,
  ];
}
