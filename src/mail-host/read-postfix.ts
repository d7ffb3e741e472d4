/** A Postfix of this host as it is configured: its two files, and what `postconf -x` makes of them. Changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askPostconf, postfixUnreadable } from './ask-postconf.ts';
import { parsePostfixParameters } from './postfix-parameters.ts';

export interface PostfixHost {
  /** Where main.cf and master.cf are. */
  readonly folder: string;
  /** Whether programs have to be told the folder (`-c`). */
  readonly isDefaultFolder: boolean;
  readonly version: string;
  readonly queueFolder: string;
  readonly mainCf: string;
  readonly masterCf: string;
  /** With all references resolved. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** folder: undefined for Postfix's own default. Throws `postfix-unreadable`. */
export async function readPostfix(wanted: string | undefined): Promise<PostfixHost> {
  const parameters = parsePostfixParameters(await askPostconf(wanted, '-x'));
  const folder = wanted ?? parameters.get('config_directory') ?? '/etc/postfix';
  return {
    folder,
    isDefaultFolder: wanted === undefined,
    version: parameters.get('mail_version') ?? 'unknown',
    queueFolder: parameters.get('queue_directory') ?? '/var/spool/postfix',
    mainCf: await readText(join(folder, 'main.cf')),
    masterCf: await readText(join(folder, 'master.cf')),
    parameters,
  };
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw postfixUnreadable(cause);
  });
}
