/** The domains that a Postfix takes mail for: mydestination, virtual and relay domains (ADDRESS_CLASS_README). */
import { readFile } from 'node:fs/promises';
import { listKeys } from './list-keys.ts';
import { splitPostfixWords } from './postfix-words.ts';

export interface OwnDomains {
  /** Lower case. Besides domains these can be bare names, such as `localhost`. */
  readonly exact: readonly string[];
  /** These and all names below them. */
  readonly withSubdomains: readonly string[];
  /** Tables whose entries cannot be listed, such as those in a database. */
  readonly unlisted: readonly string[];
}

const classes = ['mydestination', 'virtual_mailbox_domains', 'virtual_alias_domains', 'relay_domains'];

/** folder: as for postmap's `-c`. */
export async function findOwnDomains(
  parameters: ReadonlyMap<string, string>,
  postmapArgs: readonly string[],
): Promise<OwnDomains> {
  const found = { exact: new Set<string>(), withSubdomains: new Set<string>(), unlisted: new Set<string>() };
  const matchesSubdomains = splitPostfixWords(
    parameters.get('parent_domain_matches_subdomains') ?? '',
    'blanks and commas',
  );
  for (const name of classes) {
    const names = matchesSubdomains.includes(name) ? found.withSubdomains : found.exact;
    for (const word of splitPostfixWords(parameters.get(name) ?? '', 'blanks and commas')) {
      const listed = await listNames(word, postmapArgs);
      if (listed === undefined) found.unlisted.add(`${word} (${name})`);
      else for (const listedName of listed) names.add(listedName);
    }
  }
  return {
    exact: [...found.exact],
    withSubdomains: [...found.withSubdomains],
    unlisted: [...found.unlisted],
  };
}

/** The names that one word of such a list stands for; undefined when they cannot be told. */
async function listNames(
  word: string,
  postmapArgs: readonly string[],
): Promise<readonly string[] | undefined> {
  if (word.includes(':')) return (await listKeys(word, postmapArgs))?.flatMap(readName);
  if (word.startsWith('/')) {
    const text = await readFile(word, 'utf8').catch(() => undefined);
    return text?.split('\n').flatMap(readName);
  }
  return readName(word);
}

/** Keys of alias tables are addresses too, and `!name` takes a name out: neither is a domain. */
function readName(text: string): string[] {
  const name = text.trim().toLowerCase();
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name) ? [name] : [];
}
