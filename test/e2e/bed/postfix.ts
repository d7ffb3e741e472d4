/** A real Postfix of the bed: its own configuration, queue, mailbox and log. Needs root. */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  mailboxUid,
  mainCfText,
  masterCfText,
  postfixFolders,
  type PostfixFolders,
  type PostfixOptions,
} from './postfix-config.ts';
import { type QueuedMail, readQueue } from './postfix-queue.ts';
import { isRunning, listProcesses } from './process-table.ts';
import { type ReceivedMail, readMaildir } from './read-maildir.ts';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { type OutgoingMail, sendMail } from './smtp-client.ts';
import { waitFor } from './wait-for.ts';

export interface Postfix extends PostfixFolders {
  readonly name: string;
  readonly hostname: string;
  readonly listenPorts: readonly number[];
  readonly masterPid: () => Promise<number>;
  /** Hands in a message over SMTP on the first listen port. Resolves with the queue id. */
  readonly inject: (mail: OutgoingMail) => Promise<string>;
  /** Hands in a message with `sendmail -C`, as a local user would. */
  readonly injectLocally: (mail: OutgoingMail) => Promise<void>;
  readonly logLines: () => Promise<string[]>;
  /** Resolves with the first log line that matches. */
  readonly waitForLog: (pattern: RegExp, timeoutMs: number) => Promise<string>;
  readonly queue: () => Promise<QueuedMail[]>;
  /** Tries all deferred mail now (`postqueue -f`). */
  readonly flush: () => Promise<void>;
  readonly reload: () => Promise<void>;
  /** Writes lines into main.cf (`postconf -e`) and reloads. */
  readonly setMainCf: (lines: readonly string[]) => Promise<void>;
  /** What arrived in the mailbox, one entry a recipient. */
  readonly received: () => Promise<ReceivedMail[]>;
  readonly waitForReceived: (count: number, timeoutMs: number) => Promise<ReceivedMail[]>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startPostfix(bedFolder: string, options: PostfixOptions): Promise<Postfix> {
  const folders = postfixFolders(bedFolder, options.name);
  await writeFolders(options, folders);
  const postfix = describePostfix(options, folders);
  await postfix.start();
  return postfix;
}

async function writeFolders(options: PostfixOptions, folders: PostfixFolders): Promise<void> {
  const postfixUid = Number(await runProgram('id', ['-u', 'postfix']));
  await mkdir(folders.configDirectory, { recursive: true });
  await mkdir(folders.queueDirectory, { recursive: true });
  await mkdir(folders.dataDirectory, { recursive: true });
  await chown(folders.dataDirectory, postfixUid, -1);
  await mkdir(join(folders.maildir, '..'), { recursive: true });
  await chown(join(folders.maildir, '..'), mailboxUid, mailboxUid);
  await writeFile(join(folders.configDirectory, 'main.cf'), mainCfText(options, folders));
  await writeFile(join(folders.configDirectory, 'master.cf'), masterCfText(options));
}

export function describePostfix(options: PostfixOptions, folders: PostfixFolders): Postfix {
  const { name, hostname, listenPorts } = options;
  const { configDirectory, logPath, maildir } = folders;
  const run = (command: string, ...args: string[]) => runProgram(command, ['-c', configDirectory, ...args]);
  const reload = async () => void (await run('postfix', 'reload'));
  const received = () => readMaildir(maildir);
  const waitForLog = (pattern: RegExp, timeoutMs: number) =>
    waitFor(`${pattern} in the log of ${name}`, () => findLine(logPath, pattern), timeoutMs, {
      explain: () => readTail(logPath, 30),
    });
  return {
    ...folders,
    name,
    hostname,
    listenPorts,
    masterPid: () => readMasterPid(folders),
    inject: async (mail) => readQueueId(await sendMail(listenPorts[0] ?? 25, mail)),
    injectLocally: (mail) => injectLocally(configDirectory, mail),
    logLines: () => readLines(logPath),
    waitForLog,
    queue: () => readQueue(configDirectory),
    flush: async () => void (await run('postqueue', '-f')),
    reload,
    setMainCf: async (lines) => {
      await run('postconf', '-e', ...lines);
      await reload();
    },
    received,
    waitForReceived: (count, timeoutMs) =>
      waitFor(
        `${count} messages in the mailbox of ${name}`,
        async () => {
          const mails = await received();
          return mails.length >= count && mails;
        },
        timeoutMs,
        { explain: () => readTail(logPath, 30) },
      ),
    start: () => startMaster(options, folders),
    stop: () => stopMaster(folders),
  };
}

async function startMaster({ name }: PostfixOptions, folders: PostfixFolders): Promise<void> {
  const since = (await readLines(folders.logPath)).length;
  try {
    await runProgram('postfix', ['-c', folders.configDirectory, 'start']);
    await waitFor(`Postfix ${name} to start`, () => hasStarted(folders.logPath, since), 10_000);
  } catch (cause) {
    throw new Error(`cannot start Postfix ${name}\n${readTail(folders.logPath)}`, { cause });
  }
}

async function hasStarted(logPath: string, since: number): Promise<boolean> {
  return (await readLines(logPath)).slice(since).some((line) => line.includes('daemon started'));
}

/** All daemons of an instance are in the process group of its master. */
async function stopMaster(folders: PostfixFolders): Promise<void> {
  const pid = await readMasterPid(folders).catch(() => undefined);
  if (pid === undefined || !isRunning(pid)) return;
  process.kill(pid, 'SIGTERM');
  const members = () => listProcesses().filter(({ groupId }) => groupId === pid);
  await waitFor('Postfix to end', () => members().length === 0, 5000).catch(() => {
    for (const member of members()) process.kill(member.pid, 'SIGKILL');
  });
}

async function readMasterPid({ queueDirectory }: PostfixFolders): Promise<number> {
  return Number(await readFile(join(queueDirectory, 'pid/master.pid'), 'utf8'));
}

async function injectLocally(configDirectory: string, mail: OutgoingMail): Promise<void> {
  const args = ['-C', configDirectory, '-i', '-f', mail.sender, ...mail.recipients];
  await runProgram('sendmail', args, { input: mail.message });
}

async function findLine(logPath: string, pattern: RegExp): Promise<string | undefined> {
  return (await readLines(logPath)).find((line) => pattern.test(line));
}

async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

/** From the reply to the end of the data. */
export function readQueueId(reply: string): string {
  const queueId = /queued as (\S+)/.exec(reply)?.[1];
  if (queueId === undefined) throw new Error(`no queue id in: ${reply}`);
  return queueId;
}
