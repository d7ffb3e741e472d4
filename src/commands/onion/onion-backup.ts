/** `onionmx onion backup <file>` and `onionmx onion restore <file>`: the keys of all onion services, in one file and back. */
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { readBackupFile, writeBackupFile } from '../../onion-keys/backup-file.ts';
import { formatKeyBackup, type NamedKeys, parseKeyBackup } from '../../onion-keys/key-backup.ts';
import {
  hasOtherKeys,
  listServiceNames,
  readServiceKeys,
  writeServiceKeys,
} from '../../onion-keys/key-folder.ts';
import { exitCode } from '../exit-code.ts';
import { onionFolderOf, prepareStateFolder } from '../state-paths.ts';

export interface OnionBackupOptions {
  readonly file: string;
  readonly config: Config;
}

/** Also of services that are not configured any more. Throws `onion-keys-missing`, `onion-keys-invalid` and `backup-…`. */
export async function runOnionBackupCommand(
  { file, config }: OnionBackupOptions,
  out: (text: string) => void,
): Promise<number> {
  const parent = onionFolderOf(config);
  const configured = config.receiving.onionServices.map(({ name }) => name);
  const names = [...new Set([...configured, ...(await listServiceNames(parent))])];
  const services: NamedKeys[] = [];
  for (const name of names) {
    const keys = await readServiceKeys(parent, name);
    if (keys !== undefined) services.push(keys);
    // a backup that lacks one would be believed to be whole
    else if (configured.includes(name)) throw missing(`the onion service ${name} in ${parent}`);
  }
  if (services.length === 0) throw missing(`any onion service in ${parent}`);
  await writeBackupFile(file, formatKeyBackup(services));
  out(`${services.map(describe).join('')}${file}: written, mode 0600.
Whoever has this file can receive the mail of these onion services in your place. Keep it off this host, and encrypted.
`);
  return exitCode.ok;
}

/** Writes all or nothing; what is there already stays. Throws `onion-keys-differ`, `onion-keys-invalid` and `backup-unreadable`. */
export async function runOnionRestoreCommand(
  { file, config }: OnionBackupOptions,
  out: (text: string) => void,
): Promise<number> {
  const services = parseKeyBackup(await readBackupFile(file), file);
  const parent = onionFolderOf(config);
  const conflicts: string[] = [];
  for (const service of services) {
    if (await hasOtherKeys(parent, service)) conflicts.push(`${parent}/${service.name}`);
  }
  if (conflicts.length > 0) throw differ(conflicts);
  await prepareStateFolder(config);
  for (const service of services) await writeServiceKeys(parent, service);
  const configured = new Set(config.receiving.onionServices.map(({ name }) => name));
  const missingNames = services.map(({ name }) => name).filter((name) => !configured.has(name));
  out(`${services.map(describe).join('')}The keys are in ${parent}. Restart onionmx serve.\n`);
  if (missingNames.length > 0) {
    out(`Not in receiving.onionServices, so not offered: ${missingNames.join(', ')}\n`);
  }
  return exitCode.ok;
}

function describe({ name, keys }: NamedKeys): string {
  return `${name}: ${keys.onionAddress}\n`;
}

function missing(what: string): OnionmxError {
  return new OnionmxError('onion-keys-missing', `there are no keys of ${what}`, {
    hint: 'tor makes them: start `onionmx serve` with the service in `receiving.onionServices`, then `onionmx onion show`',
  });
}

function differ(folders: readonly string[]): OnionmxError {
  const message = folders
    .map((folder) => `${folder} has other keys than the backup; nothing was written`)
    .join('\n');
  return new OnionmxError('onion-keys-differ', message, {
    hint: `if nobody needs the onion service that is there, stop onionmx and move its keys away: \`mv ${folders[0]} ${folders[0]}.old\``,
  });
}
