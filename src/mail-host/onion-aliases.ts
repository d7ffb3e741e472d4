/**
 * The lines by which Postfix takes mail for an own onion address as mail for an ordinary domain, and writes it as a sender
 * when that is wanted (virtual(5), generic(5); regexp_table(5) as the form). docs/onion-addresses.md says where they go.
 */
import type { DomainName } from '../protocol/domain-name.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';

export function onionAliasLines(onionAddress: OnionAddress, domain: DomainName) {
  const onion = onionAddress.replaceAll('.', '\\.');
  // stops an open relay: `victim%elsewhere@<onion>` must not become an address that is resolved once more
  const localPart = '([^@%!]+)';
  return {
    /** Two lines for one table of virtual_alias_maps: the onion address is a domain of ours, and who its users are. */
    alias: [
      `/^([^@]+\\.)?${onion}$/ an onion address of this host`,
      `/^${localPart}@([^@]+\\.)?${onion}$/ $1@${domain}`,
    ],
    /** For lmtp_generic_maps of the transport that leads to onionmx. */
    sender: `/^(.+)@${domain.replaceAll('.', '\\.')}$/ $1@${onionAddress}`,
  } as const;
}

/**
 * For smtpd_recipient_restrictions. An alias for every name makes every name known; this asks whether the mailbox behind
 * it is, before the message is taken. Without it, mail for unknown users is accepted and bounces later.
 */
export const onionRecipientCheck = 'check_recipient_access regexp:{{/\\.onion/ reject_unverified_recipient}}';
