/**
 * The regexp table (regexp_table(5)) that gives the domain of an address, so that tables of the operator can be asked for
 * it. With `$1` it would be one line, but Postfix takes none in transport_maps.
 */

/** names: `example.org`, or `.example.org` for all below it (transport(5)). The longest comes first, as in Postfix's own search. */
export function formatDomainNameTable(names: readonly string[]): string {
  const lines = names
    .toSorted((one, other) => other.length - one.length || one.localeCompare(other))
    .map((name) => `/${name.startsWith('.') ? '' : '@'}${name.replaceAll('.', '\\.')}$/  ${name}`);
  return `${head}${lines.join('\n')}\n`;
}

const head = [
  '# Written by onionmx setup: what your other tables in transport_maps say of these domains holds.',
  '# After a change of these tables run `onionmx setup` again.',
  '',
].join('\n');

/** The keys of a transport table that are domains. */
export function isDomainKey(key: string): boolean {
  return /^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(key);
}
