/** The answers of Debian's configuration of Exim, as debconf writes them (update-exim4.conf(8)), and the bed's macros. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addEximHook, type EximFile, eximFolder, eximHooks } from '../../../src/mail-host/exim-recipe.ts';
import { mailboxUser } from './exim-mounts.ts';

/** Debian's is in /run, which is the machine's own. */
export const eximPidFile = '/var/spool/exim4/exim.pid';

export interface EximOptions {
  readonly hostname: string;
  /** Their postmaster and bob have a mailbox. */
  readonly ownDomains: readonly string[];
  /** As Debian's dc_local_interfaces: `127.0.0.1.2501 ; 127.0.0.1.2515`. Mail is handed in at the first. */
  readonly interfaces: string;
  readonly relayNets?: string;
  /** Many small files instead of one (dc_use_split_config). */
  readonly isSplit?: boolean;
}

/** The clear net of a bed is on loopback, where Debian's Exim never sends to. */
function macros({ hostname }: EximOptions): string {
  return `pid_file_path = ${eximPidFile}\nMAIN_HARDCODE_PRIMARY_HOSTNAME = ${hostname}\nROUTER_DNSLOOKUP_IGNORE_TARGET_HOSTS = 0.0.0.0\n`;
}

export async function writeDebianConfig(options: EximOptions): Promise<void> {
  const { hostname, ownDomains, interfaces, relayNets = '', isSplit = false } = options;
  const answers = {
    dc_eximconfig_configtype: 'internet',
    dc_other_hostnames: ownDomains.join(' : '),
    dc_local_interfaces: interfaces,
    dc_readhost: '',
    dc_relay_domains: '',
    dc_minimaldns: 'false',
    dc_relay_nets: relayNets,
    dc_smarthost: '',
    CFILEMODE: '644',
    dc_use_split_config: String(isSplit),
    dc_hide_mailname: '',
    dc_mailname_in_oh: 'true',
    dc_localdelivery: 'maildir_home',
  };
  const lines = Object.entries(answers).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile('/etc/exim4/update-exim4.conf.conf', lines.join(''));
  await writeFile('/etc/mailname', `${hostname}\n`);
  await writeFile('/etc/aliases', `postmaster: ${mailboxUser}\n`);
  await writeFile(
    isSplit ? '/etc/exim4/conf.d/main/000_localmacros' : '/etc/exim4/exim4.conf.localmacros',
    macros(options),
  );
}

/** Writes files of the recipe, and the lines that take them in. */
export async function writeRecipe(files: readonly EximFile[], isSplit: boolean): Promise<void> {
  await mkdir(eximFolder, { recursive: true });
  for (const { path, text } of files) await writeFile(path, text);
  const paths = new Set(files.map(({ path }) => path));
  for (const hook of eximHooks.filter(({ part }) => paths.has(`${eximFolder}/${part}`))) {
    if (isSplit) await appendFile(hook.splitPath, `${hook.line}\n`);
    else await editFile(hook.unsplitPath, (text) => addEximHook(text, hook));
  }
}

async function editFile(path: string, edit: (text: string) => string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, edit(await readFile(path, 'utf8').catch(() => '')));
}
