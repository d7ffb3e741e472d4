/** Which mail server this host is configured with. */
import { access } from 'node:fs/promises';
import { askPostconf } from './ask-postconf.ts';

export const mailServers = ['postfix', 'exim'] as const;
export type MailServer = (typeof mailServers)[number];

/** Where Debian's exim4 keeps what its configuration is made of. */
const eximFolder = '/etc/exim4';

/** Those that have a configuration; a program alone, without one, is none. */
export async function findMailServers(postfixFolder: string | undefined): Promise<readonly MailServer[]> {
  const [hasPostfix, hasExim] = await Promise.all([
    askPostconf(postfixFolder, 'config_directory').then(isThere, isNot),
    access(`${eximFolder}/update-exim4.conf.conf`).then(isThere, isNot),
  ]);
  return [...(hasPostfix ? (['postfix'] as const) : []), ...(hasExim ? (['exim'] as const) : [])];
}

const isThere = () => true;
const isNot = () => false;
