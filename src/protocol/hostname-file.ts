/** The file `hostname` in the folder of an onion service: its address and a line end, which tor writes last. */
import { type OnionAddress, parseOnionAddress } from './onion-address.ts';

/** undefined when tor has not finished it. Throws `address-…` errors. */
export function parseHostnameFile(text: string): OnionAddress | undefined {
  return text.endsWith('\n') ? parseOnionAddress(text.trim()) : undefined;
}
