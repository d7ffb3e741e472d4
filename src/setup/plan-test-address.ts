/** The test address, which is accepted over the onion alone and thrown away: docs/receiving.md has the same by hand. */
import { join } from 'node:path';
import { blackholeLines, blackholeRestriction } from '../mail-host/blackhole.ts';
import { splitPostfixWords } from '../mail-host/postfix-words.ts';
import { formatPlainAddress, type PlainAddress } from '../protocol/mail-address.ts';
import { readParameter, setParameters } from './edit-main-cf.ts';
import type { FileChange } from './plan.ts';

const head = '# Written by onionmx setup: the test address.\n';

/** Two tables; the line of a third one goes into the table of own domains. */
export function planTestTables(
  folder: string,
  address: PlainAddress,
  contentOf: (path: string) => string | undefined,
): readonly FileChange[] {
  const lines = blackholeLines(address);
  const { alias, access } = testTablePaths(folder);
  const name = formatPlainAddress(address);
  return [
    {
      path: alias,
      before: contentOf(alias),
      after: `${head}${lines.alias}\n`,
      reasons: [`${name} is a known address.`],
    },
    {
      path: access,
      before: contentOf(access),
      after: `${head}${lines.access}\n`,
      reasons: [`${name} is refused where mail comes over the clear net.`],
    },
  ];
}

export function testTablePaths(folder: string) {
  return {
    alias: join(folder, 'onionmx-test-alias.regexp'),
    access: join(folder, 'onionmx-test-address.regexp'),
  };
}

/** Ours come first in both lists; what is there already stays behind. */
export function editTestMainCf(text: string, folder: string): string {
  const { alias, access } = testTablePaths(folder);
  return setParameters(
    text,
    [
      ['virtual_alias_maps', putFirst(readParameter(text, 'virtual_alias_maps') ?? '', `regexp:${alias}`)],
      [
        'smtpd_recipient_restrictions',
        putFirst(readParameter(text, 'smtpd_recipient_restrictions') ?? '', blackholeRestriction(access)),
      ],
    ],
    'onionmx: the test address',
  );
}

export const testMainCfReasons = [
  'virtual_alias_maps, smtpd_recipient_restrictions: the test address is known, and refused over the clear net.',
];

function putFirst(value: string, ours: string): string {
  const words = splitPostfixWords(value, 'blanks and commas').join(' ');
  if (words.startsWith(ours)) return value;
  return value === '' ? ours : `${ours}, ${value}`;
}
