/**
 * Debian's OpenSMTPD, unpacked beside the system and laid over it, so that its paths are the real ones. Only in the
 * namespace of the bed: its mounts are private, and what is written lies in the bed's folder.
 */
import { appendFile, chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { bedRootVariable } from './bed-folder.ts';
import { coverFolder } from './cover-folder.ts';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

const root = resolve('.testbed/opensmtpd');

/** Users that Debian's package makes, and one who gets mail. */
const users = { opensmtpd: 60_111, opensmtpq: 60_112, bob: 60_113 } as const;

export interface OpenSmtpd {
  readonly logLines: () => Promise<string[]>;
  readonly waitForLog: (pattern: RegExp) => Promise<string>;
  readonly waitForReceived: (pattern: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** `files` by their paths; /etc/smtpd.conf is one of them. */
export async function startOpenSmtpd(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<OpenSmtpd> {
  const home = await mountOpenSmtpd(folder);
  await mkdir('/etc/mail', { recursive: true });
  await writeFile('/etc/aliases', 'postmaster: bob\n');
  for (const [path, text] of Object.entries(files)) {
    await writeFile(path, text);
    if (text.startsWith('#!')) await chmod(path, 0o755);
  }
  await runProgram('smtpd', ['-n']);
  const outputPath = join(folder, 'smtpd.out');
  const daemon = await startProcess({ name: 'OpenSMTPD', command: 'smtpd', args: ['-d', '-v'], outputPath });
  const explain = () => readTail(outputPath, 30);
  const logLines = async () => (await readFile(outputPath, 'utf8')).split('\n');
  const findLine = async (pattern: RegExp) => (await logLines()).find((line) => pattern.test(line));
  const findMail = async (pattern: RegExp) =>
    (await readMailbox(join(home, 'Maildir/new'))).find((text) => pattern.test(text));
  const wait = <T>(what: string, find: () => Promise<T | undefined>) => {
    const findWhileRunning = () => {
      daemon.assertRunning();
      return find();
    };
    return waitFor(what, findWhileRunning, 60_000, { explain });
  };
  await wait('OpenSMTPD to listen', () => findLine(/done loading queue/));
  return {
    logLines,
    waitForLog: (pattern) => wait(`${pattern} in the log of OpenSMTPD`, () => findLine(pattern)),
    waitForReceived: (pattern) => wait(`${pattern} in the mailbox`, () => findMail(pattern)),
    stop: () => daemon.stop(),
  };
}

async function readMailbox(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

/** Returns the home of bob. */
async function mountOpenSmtpd(folder: string): Promise<string> {
  if (process.env[bedRootVariable] === undefined) throw new Error('needs the namespace of a bed');
  await runProgram('mount', ['-t', 'overlay', '-o', `lowerdir=${root}/usr:/usr`, 'overlay', '/usr']);
  for (const name of ['etc', 'var'] as const) await coverFolder(folder, name, root);
  // An overlay shows what lies below mounts: the resolver of the namespace is one of them.
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await runProgram('mount', ['--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf']);
  // OpenSMTPD asks DNS for IPv4 addresses only when it has one besides 127.0.0.1.
  await runProgram('ip', ['address', 'add', '127.0.0.10/32', 'dev', 'lo']);
  const home = join(folder, 'bob');
  for (const [name, id] of Object.entries(users)) {
    await appendFile('/etc/passwd', `${name}:x:${id}:${id}::${home}:/usr/sbin/nologin\n`);
    await appendFile('/etc/group', `${name}:x:${id}:\n`);
  }
  await runProgram('install', ['-d', '-o', 'bob', '-g', 'bob', '-m', '700', home]);
  return home;
}
