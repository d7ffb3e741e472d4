/** `dc_local_interfaces` of Debian's update-exim4.conf.conf: the addresses that Exim listens on, with a listener more. */

/** Debian's "all addresses" is the empty value; it has to be written out when there is one more. */
const everywhere = '0.0.0.0 ; ::0';

/** `address` as Exim writes it: `127.0.0.1.2515`. A list is separated by semicolons, or else by colons. */
export function addEximInterface(list: string, address: string): string {
  const known = list.trim().replace(/[\s;:]+$/, '');
  if (known === '') return `${everywhere} ; ${address}`;
  if (known.split(/[;\s]+|:\s|\s:/).includes(address)) return list;
  const isOne = /^\S+$/.test(known) && !known.includes(';');
  return `${known} ${known.includes(';') || isOne ? ';' : ':'} ${address}`;
}
