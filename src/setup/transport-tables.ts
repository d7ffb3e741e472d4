/** The tables of transport_maps, with ours among them (transport(5), postconf(5), DATABASE_README). */
import { splitPostfixWords } from '../mail-host/postfix-words.ts';

/** Ours, in their order. */
export interface OurTables {
  /** Gives the domain of an address, for those domains that tables of the operator may know. */
  readonly names: string;
  readonly own: string;
  readonly socketmap: string;
}

/**
 * Tables that are there already stay in front. Postfix asks all tables for the whole address before it asks any of them
 * for the domain, so our answers would come before an entry for a domain: a pipemap asks for that at the table's place.
 * A value that is right already is returned as it is.
 */
export function addTables(value: string, ours: OurTables): string {
  const tables = splitPostfixWords(value, 'blanks and commas');
  const others = otherTables(value).flatMap((table) =>
    knowsDomains(table) ? [table, `pipemap:{${ours.names}, ${table}}`] : [table],
  );
  const wanted = [...others, ours.own, ours.socketmap];
  const isRight = tables.length === wanted.length && tables.every((table, index) => table === wanted[index]);
  return isRight ? value : wanted.join(', ');
}

/** Without those that setup writes, whatever they were named before. */
export function otherTables(value: string): readonly string[] {
  return splitPostfixWords(value, 'blanks and commas').filter((table) => !isOurs(table));
}

/** Tables of patterns are asked for whole addresses alone. */
export function knowsDomains(table: string): boolean {
  return !/^(?:proxy:)?(?:regexp|pcre|static|socketmap|tcp|pipemap|unionmap|randmap):/.test(table);
}

function isOurs(table: string): boolean {
  return /^(?:socketmap:.*:onionmx$|regexp:.*\/onionmx-own\.regexp$|pipemap:\{.*\/onionmx-names\.regexp,)/.test(
    table,
  );
}
