/**
 * Lays a Debian Exim that was unpacked beside the system (scripts/install.sh) over it, so that all its paths are the
 * real ones. Only in the namespace of the bed: its mounts are private, and what is written lies in the bed's folder.
 */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { bedRootVariable } from './bed-folder.ts';
import { coverFolder } from './cover-folder.ts';
import { runProgram } from './run-program.ts';

/** Where scripts/install.sh unpacks it. */
const eximRoot = resolve('.testbed/exim4');

/** Users that Debian's packages make, and one who gets mail. */
const eximId = 60_101;
export const mailboxUser = 'bob';
const mailboxId = 60_102;

export async function mountExim(folder: string): Promise<{ readonly home: string }> {
  if (process.env[bedRootVariable] === undefined)
    throw new Error('Exim is mounted in the namespace of a bed only');
  const home = join(folder, 'home', mailboxUser);
  await mount('-t', 'overlay', '-o', `lowerdir=${eximRoot}/usr:/usr`, 'overlay', '/usr');
  for (const name of ['etc', 'var'] as const) await coverFolder(folder, name, eximRoot);
  // An overlay shows what lies below mounts: the resolver of the namespace is one of them.
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await mount('--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf');
  await addUser('Debian-exim', eximId, '/var/spool/exim4');
  await addUser(mailboxUser, mailboxId, home);
  await makeFolder(home, mailboxUser, mailboxUser, '700');
  // As exim4-base's postinst does.
  await makeFolder('/var/log/exim4', 'Debian-exim', 'adm', '2750');
  for (const name of ['', '/db', '/input', '/msglog']) {
    await makeFolder(`/var/spool/exim4${name}`, 'Debian-exim', 'Debian-exim', '750');
  }
  await mkdir('/var/lib/exim4', { recursive: true });
  await runProgram('chgrp', ['Debian-exim', '/etc/exim4/passwd.client']);
  return { home };
}

async function mount(...args: string[]): Promise<void> {
  await runProgram('mount', args);
}

async function makeFolder(path: string, owner: string, group: string, mode: string): Promise<void> {
  await runProgram('install', ['-d', '-o', owner, '-g', group, '-m', mode, path]);
}

async function addUser(name: string, id: number, home: string): Promise<void> {
  await appendFile('/etc/passwd', `${name}:x:${id}:${id}::${home}:/usr/sbin/nologin\n`);
  await appendFile('/etc/group', `${name}:x:${id}:\n`);
}
