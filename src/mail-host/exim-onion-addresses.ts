/**
 * The texts by which Debian's Exim takes mail for an own onion address as mail for an ordinary domain, and writes it as a
 * sender when that is wanted (Exim's specification, chapters 22, 24 and 31). docs/onion-addresses.md says where they go.
 */
import type { DomainName } from '../protocol/domain-name.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';

/** For `dc_other_hostnames`: the onion address and all names below it are domains of this host. */
export function eximOnionDomains(onionAddress: OnionAddress): string {
  return `${onionAddress} : *.${onionAddress}`;
}

/**
 * Leads to the users of the ordinary domain. What is verified is the address behind it, so unknown users are refused at
 * RCPT. The local part stays quoted, so that no second address comes out of it.
 */
export function eximOnionRouter(onionAddress: OnionAddress, domain: DomainName): string {
  return `own_onion:
  driver = redirect
  domains = ${eximOnionDomains(onionAddress)}
  caseful_local_part
  data = \${quote_local_part:$local_part}@${domain}
`;
}

/** Macros for what goes over onions: the sender of the envelope, and all headers that bear addresses. */
export function eximOnionSender(onionAddress: OnionAddress, domain: DomainName): string {
  const local = '${quote_local_part:${local_part:$return_path}}';
  return `ONIONMX_RETURN_PATH = \${if eqi{\${domain:$return_path}}{${domain}}{${local}@${onionAddress}}{$return_path}}
ONIONMX_HEADERS_REWRITE = <; *@${domain} $1@${onionAddress} h
`;
}
