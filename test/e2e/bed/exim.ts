/** A real Debian Exim of the bed, at Debian's own paths; one in a namespace. Needs root. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EximFile } from '../../../src/mail-host/exim-recipe.ts';
import { eximPidFile, type EximOptions, writeDebianConfig, writeRecipe } from './exim-config.ts';
import { mountExim } from './exim-mounts.ts';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { type OutgoingMail, sendMail } from './smtp-client.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

const logPath = '/var/log/exim4/mainlog';

export interface Exim {
  /** Writes files of onionmx's recipe, makes the configuration, and starts again with it. */
  readonly applyRecipe: (files: readonly EximFile[]) => Promise<void>;
  /** Hands in a message over SMTP on the first interface. Resolves with the message id. */
  readonly inject: (mail: OutgoingMail) => Promise<string>;
  readonly logLines: () => Promise<string[]>;
  /** Resolves with the first log line that matches. */
  readonly waitForLog: (pattern: RegExp, timeoutMs: number) => Promise<string>;
  /** The ids of messages that wait. */
  readonly queue: () => Promise<string[]>;
  /** Tries all mail of the queue now, whatever its retry times are; resolves when all has been tried. */
  readonly flush: () => Promise<void>;
  /** Tries what is due. */
  readonly runQueue: () => Promise<void>;
  /** How a recipient would be routed (`exim4 -bt`), or verified (`-bv`, `-bvs` for a sender), and what Exim says. */
  readonly tryAddress: (how: '-bt' | '-bv' | '-bvs', address: string) => Promise<string>;
  /** The files in the mailbox. */
  readonly received: () => Promise<string[]>;
  readonly waitForReceived: (pattern: RegExp, timeoutMs: number) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const explain = () => readTail(logPath, 30);

export async function startExim(folder: string, options: EximOptions): Promise<Exim> {
  const { home } = await mountExim(folder);
  await writeDebianConfig(options);
  const port = Number(/127\.0\.0\.1\.(\d+)/.exec(options.interfaces)?.[1]);
  let daemon = await startDaemon(folder);
  const received = () => readMailbox(join(home, 'Maildir/new'));
  return {
    applyRecipe: async (files) => {
      await daemon.stop();
      await writeRecipe(files, options.isSplit === true);
      daemon = await startDaemon(folder);
    },
    inject: async (mail) => readMessageId(await sendMail(port, mail)),
    logLines: readLog,
    waitForLog: (pattern, timeoutMs) =>
      waitFor(
        `${pattern} in the log of Exim`,
        async () => (await readLog()).find((line) => pattern.test(line)),
        timeoutMs,
        { explain },
      ),
    queue: async () => (await runProgram('exim4', ['-bpr'])).match(messageIds) ?? [],
    flush: async () => void (await runProgram('exim4', ['-qff'])),
    runQueue: async () => void (await runProgram('exim4', ['-q'])),
    tryAddress: (how, address) => runProgram('exim4', [how, address]).catch((error: Error) => error.message),
    received,
    waitForReceived: (pattern, timeoutMs) =>
      waitFor(
        `${pattern} in the mailbox`,
        async () => (await received()).find((text) => pattern.test(text)),
        timeoutMs,
        { explain },
      ),
    stop: () => daemon.stop(),
  };
}

/** update-exim4.conf lets Exim itself check what it made. */
async function startDaemon(folder: string): Promise<RunningProcess> {
  await runProgram('update-exim4.conf', []);
  const since = (await readLog()).length;
  const outputPath = join(folder, 'exim.out');
  const args = ['-bdf', '-oP', eximPidFile];
  const daemon = await startProcess({ name: 'Exim', command: 'exim4', args, outputPath });
  const hasStarted = async () => {
    daemon.assertRunning();
    return (await readLog()).slice(since).some((line) => line.includes('daemon started'));
  };
  await waitFor('Exim to start', hasStarted, 10_000, { explain: () => readTail(outputPath) });
  return daemon;
}

async function readLog(): Promise<string[]> {
  const text = await readFile(logPath, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

async function readMailbox(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

const messageIds = /\b\w{6}-\w{6,}-\w{2,}\b/g;

function readMessageId(reply: string): string {
  const id = reply.match(messageIds)?.[0];
  if (id === undefined) throw new Error(`no message id in: ${reply}`);
  return id;
}
