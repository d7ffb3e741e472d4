/**
 * The test address in Exim: accepted over the onion alone, and thrown away; over the clear net it is refused. The words are
 * those of Postfix (blackhole.ts). Debian's own ACL is asked for every other address, and not for this one.
 */
import type { PlainAddress } from '../protocol/mail-address.ts';

/** A condition of Exim's expansions, at RCPT; `blackhole+anything@` is the same address. */
export function isTestAddress({ localPart, domain }: PlainAddress): string {
  return `match{$local_part@$domain}{\\N^(?i)${localPattern(localPart)}@${escapeDots(domain)}$\\N}`;
}

/** At RCPT over the clear net, for the test address alone. */
export const eximTestAcl = `# onionmx
deny
  message = 550 5.7.1 This address is only available through onionmx
`;

/** Without it the address would be an unknown user. */
export function eximTestRouter({ localPart, domain }: PlainAddress): string {
  return `# onionmx: the test address. What is accepted for it is thrown away (docs/exim.md).
onionmx_test:
  driver = redirect
  domains = ${domain}
  local_parts = \\N^(?i)${localPattern(localPart)}$\\N
  data = :blackhole:
`;
}

/** What stands in its file when there is none any more. */
export const eximNoTestRouter = '# onionmx: there is no test address.\n';

function localPattern(localPart: string): string {
  return `${escapeDots(localPart)}(\\+[^@]*)?`;
}

function escapeDots(text: string): string {
  return text.replaceAll('.', '\\.');
}
