/**
 * The keys of the private network's directory authorities. Making them takes seconds, so they are kept between runs in
 * `.testbed/` and copied into each bed: two beds side by side never share a data directory.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProgram } from './run-program.ts';

export interface AuthorityIdentity {
  readonly v3Identity: string;
  readonly fingerprint: string;
}

const keptFolder = resolve(import.meta.dirname, '../../../.testbed');
const certificateMonths = 12;
const minRemainingMs = 7 * 24 * 3600 * 1000;

/** Puts the keys of each authority into its data directory `<folder>/<name>`. */
export async function installAuthorityKeys(
  folder: string,
  names: readonly string[],
): Promise<AuthorityIdentity[]> {
  const kept = join(keptFolder, `tor-${names.join('-')}`);
  if (!(await areUsable(kept, names))) await renewKeptKeys(kept, names);
  for (const name of names) await cp(join(kept, name), join(folder, name), { recursive: true });
  return Promise.all(names.map((name) => readIdentity(join(folder, name))));
}

async function areUsable(kept: string, names: readonly string[]): Promise<boolean> {
  const expiries = await Promise.all(names.map((name) => readExpiryMs(join(kept, name))));
  return expiries.every((expiryMs) => expiryMs - Date.now() > minRemainingMs);
}

async function readExpiryMs(authority: string): Promise<number> {
  const text = await readFile(join(authority, 'keys/authority_certificate'), 'utf8').catch(() => '');
  const [, day, time] = /^dir-key-expires (\S+) (\S+)$/m.exec(text) ?? [];
  return day === undefined ? 0 : Date.parse(`${day}T${time}Z`);
}

/** Made aside and put in place by one rename: another bed sees all or nothing, and the first one wins. */
async function renewKeptKeys(kept: string, names: readonly string[]): Promise<void> {
  await mkdir(keptFolder, { recursive: true });
  const fresh = await mkdtemp(join(keptFolder, 'new-'));
  try {
    await Promise.all(names.map((name) => makeAuthorityKeys(join(fresh, name))));
    if (!(await areUsable(kept, names))) await rm(kept, { recursive: true, force: true });
    await rename(fresh, kept).catch(ignoreWhenPresent);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function ignoreWhenPresent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

async function makeAuthorityKeys(dataFolder: string): Promise<void> {
  const keys = join(dataFolder, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await runProgram(
    'tor-gencert',
    ['--create-identity-key', '--passphrase-fd', '0', '-m', String(certificateMonths)]
      .concat(['-i', join(keys, 'authority_identity_key'), '-s', join(keys, 'authority_signing_key')])
      .concat(['-c', join(keys, 'authority_certificate')]),
    { input: 'x\n' },
  );
  await makeRouterKeys(dataFolder);
  const keptNames = new Set(['keys', 'fingerprint']);
  for (const name of await readdir(dataFolder)) {
    if (!keptNames.has(name)) await rm(join(dataFolder, name), { recursive: true });
  }
}

/** An authority needs some authority in its configuration before it has a fingerprint, so it is given a made-up one. */
async function makeRouterKeys(dataFolder: string): Promise<void> {
  const torrc = join(dataFolder, 'keys.torrc');
  await writeFile(torrc, `DirAuthority none 127.0.0.1:1 ${'f'.repeat(40)}\nORPort 1\nSocksPort 0\n`);
  await runProgram(
    'tor',
    ['-f', torrc, '--defaults-torrc', '/dev/null', '--quiet', '--list-fingerprint'].concat([
      '--DataDirectory',
      dataFolder,
    ]),
  );
}

async function readIdentity(dataFolder: string): Promise<AuthorityIdentity> {
  const certificate = await readFile(join(dataFolder, 'keys/authority_certificate'), 'utf8');
  const v3Identity = /^fingerprint (\S+)$/m.exec(certificate)?.[1];
  const fingerprint = (await readFile(join(dataFolder, 'fingerprint'), 'utf8')).trim().split(' ')[1];
  if (v3Identity === undefined || fingerprint === undefined) throw new Error(`no keys in ${dataFolder}`);
  return { v3Identity, fingerprint };
}
