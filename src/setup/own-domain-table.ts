/** The regexp table (regexp_table(5)) that settles mail for this host's own domains before anybody is asked. */
import type { OwnDomains } from '../mail-host/own-domains.ts';

/**
 * One domain a line, so that a change shows as one line. The answer `:` leaves the domain's usual transport as it is.
 * firstLines: for single addresses of these domains.
 */
export function formatOwnDomainTable(
  { exact, withSubdomains }: OwnDomains,
  firstLines: readonly string[],
): string {
  const lines = [
    ...exact.map((domain) => `/@${escapeName(domain)}$/  :`),
    ...withSubdomains.map((domain) => `/@(.+\\.)?${escapeName(domain)}$/  :`),
  ];
  return `${head}${[...firstLines, ...lines.sort()].join('\n')}\n`;
}

const head = [
  '# Written by onionmx setup: mail for these domains stays on this host, and goes on while onionmx does not run.',
  '# After a change of your domains run `onionmx setup` again.',
  '',
].join('\n');

function escapeName(name: string): string {
  return name.replaceAll('.', '\\.');
}
