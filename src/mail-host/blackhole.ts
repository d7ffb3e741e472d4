/**
 * A test address that is there over the onion alone: mail for it is accepted and thrown away there, and refused over the
 * clear net (transport(5), access(5), virtual(5); regexp_table(5) as the form of all three tables).
 */
import { formatPlainAddress, type PlainAddress } from '../protocol/mail-address.ts';

/** A line of each of three regexp tables; they take `blackhole+anything@` as well, whatever `recipient_delimiter` is. */
export function blackholeLines(address: PlainAddress) {
  const { localPart, domain } = address;
  const pattern = `/^${escapeDots(localPart)}(\\+[^@]*)?@${escapeDots(domain)}$/`;
  return {
    /** transport_maps, before the line of the domain: whatever is accepted is thrown away. */
    transport: `${pattern} discard:the test address`,
    /** virtual_alias_maps: without it the address would be an unknown user. */
    alias: `${pattern} ${formatPlainAddress(address)}`,
    /** For the restriction of the clear net. */
    access: `${pattern} 550 5.7.1 This address is only available through onionmx`,
  };
}

/**
 * What stands first in `smtpd_recipient_restrictions` of main.cf. The onion listener has none of them, so there the
 * address is accepted. `table` is the path of the file with the access line.
 */
export function blackholeRestriction(table: string): string {
  return `check_recipient_access regexp:${table}`;
}

function escapeDots(text: string): string {
  return text.replaceAll('.', '\\.');
}
