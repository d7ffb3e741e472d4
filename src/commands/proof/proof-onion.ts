/** `ADDRESS.onion` or `ADDRESS.onion:2525`, as `onionmx proof verify --onion` takes it. */
import { type OnionAddress, parseOnionAddress } from '../../protocol/onion-address.ts';
import { parsePort } from '../../protocol/port.ts';

interface ProofOnion {
  readonly onionAddress?: OnionAddress;
  readonly port?: number;
}

/** Throws `address-…` errors and `port-invalid`. */
export function parseProofOnion(text: string | undefined): ProofOnion {
  if (text === undefined) return {};
  const [, host = text, digits] = /^(.*):([^:]*)$/s.exec(text) ?? [];
  const onionAddress = parseOnionAddress(host);
  return digits === undefined ? { onionAddress } : { onionAddress, port: parsePort(text, digits) };
}
