/**
 * The folder of the memory: one small file a domain, `example.org.json`. Domain names are safe file names, and those that
 * can have an SRV record are short enough. Each file is written aside and renamed, so a crash at any moment leaves the old
 * one or the new one.
 */
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { OnionmxError, messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type DomainName, parseDomainName } from '../../protocol/domain-name.ts';
import { stateFolderError } from '../../state-file.ts';
import { writeFileAtomically } from '../../write-file-atomically.ts';
import { type MemoryEntry, parseEntry } from './memory-entry.ts';

const ending = '.json';
/** What a killed writer left behind. Anything younger may be somebody's work. */
const abandonedMs = 3_600_000;

/** Only its owner may look in: it says who writes to whom. Throws `state-folder`. */
export async function makeDomainFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateFolderError(folder, error);
  }
}

/** The domains that have a file, by name; none when there is no folder. Throws `state-folder`. */
export async function listDomains(folder: string): Promise<readonly DomainName[]> {
  const names = await listNames(folder);
  return names
    .map(domainOf)
    .filter((domain) => domain !== undefined)
    .sort();
}

function domainOf(name: string): DomainName | undefined {
  if (!name.endsWith(ending)) return undefined;
  try {
    const domain = parseDomainName(name.slice(0, -ending.length));
    return `${domain}${ending}` === name ? domain : undefined;
  } catch (error) {
    if (error instanceof OnionmxError) return undefined;
    throw error;
  }
}

/** undefined when there is no file, nor can be one. Throws `state-folder`: what cannot be read is not "nothing". */
export async function readEntryText(folder: string, domain: DomainName): Promise<string | undefined> {
  try {
    return await readFile(entryFileOf(folder, domain), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined;
    throw stateFolderError(folder, error);
  }
}

/** `keep-aside`: a file that cannot be understood is renamed, for the service, which owns it. `leave`: for the commands. */
export type OnBrokenEntry = 'keep-aside' | 'leave';

/** undefined, with one warning, when the text cannot be understood. */
export async function understandEntry(
  folder: string,
  domain: DomainName,
  text: string,
  log: Log,
  onBroken: OnBrokenEntry,
): Promise<MemoryEntry | undefined> {
  try {
    return parseEntry(domain, text);
  } catch (error) {
    const file = entryFileOf(folder, domain);
    const kept = onBroken === 'keep-aside' ? { keptAs: await keepAside(file) } : {};
    const reason = messageOf(error);
    log.warn(
      { domain, file, ...kept, reason },
      'what is remembered of a domain cannot be understood: it is unknown now',
    );
    return undefined;
  }
}

async function keepAside(file: string): Promise<string | undefined> {
  const keptAs = `${file}.broken`;
  return rename(file, keptAs).then(
    () => keptAs,
    () => undefined,
  );
}

/** Throws what the file system says. */
export async function writeEntryText(folder: string, domain: DomainName, text: string): Promise<void> {
  const owner = await findOwner(folder);
  const attributes = { mode: 0o600, ...(owner === undefined ? {} : { owner }) };
  await writeFileAtomically(entryFileOf(folder, domain), text, attributes);
}

/** What root writes with a command, the service has to be able to read. */
async function findOwner(folder: string) {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = await stat(folder);
  return { uid, gid };
}

export async function removeEntryFile(folder: string, domain: DomainName): Promise<void> {
  await rm(entryFileOf(folder, domain), { force: true });
}

/** Throws `state-folder`. */
export async function removeAbandonedFiles(folder: string, nowMs: number): Promise<void> {
  const names = (await listNames(folder)).filter((name) => name.startsWith('.'));
  for (const name of names) {
    const file = join(folder, name);
    const madeMs = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => nowMs,
    );
    if (Math.abs(nowMs - madeMs) >= abandonedMs) await rm(file, { force: true });
  }
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw stateFolderError(folder, error);
  }
}

export function entryFileOf(folder: string, domain: DomainName): string {
  return join(folder, `${domain}${ending}`);
}

/** Such as `ENOENT`; empty for what is no error of the system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
