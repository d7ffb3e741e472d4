/**
 * The keys of a closed group (tor(1), "CLIENT AUTHORIZATION"; rend-spec-v3 §2.5.1.2): each member has an x25519 pair, and the
 * onion service writes its descriptor so that only the members can read it. Left out: making pairs.
 */
import { OnionmxError } from '../errors.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { type OnionAddress, parseOnionAddress } from './onion-address.ts';

declare const clientKeyBrand: unique symbol;
/** `descriptor:x25519:<52 base32 characters>`, the base32 in upper case as most tools print it. */
export type ClientPublicKey = string & { readonly [clientKeyBrand]: true };

export interface ClientAccess {
  readonly onionAddress: OnionAddress;
  /** 32 octets. */
  readonly privateKey: Buffer;
}

/** One line of authorized_clients/*.auth. Throws `client-key-invalid`. */
export function parseClientPublicKey(text: string): ClientPublicKey {
  const [, digits = ''] = /^descriptor:x25519:([a-z2-7]{52})$/i.exec(text.trim()) ?? [];
  const bytes = decodeBase32(digits);
  if (bytes?.length === 32 && bytes.some((byte) => byte !== 0)) return formatClientPublicKey(bytes);
  throw new OnionmxError('client-key-invalid', `${JSON.stringify(text)} is no public key of a client`, {
    hint: 'it has the form descriptor:x25519:<52 characters a-z and 2-7>: the other host prints it with `onionmx onion join ADDRESS.onion`',
  });
}

export function formatClientPublicKey(publicKey: Uint8Array): ClientPublicKey {
  return brand(`descriptor:x25519:${encodeBase32(publicKey).toUpperCase()}`);
}

/** The text of an .auth_private file. */
export function formatClientAccess({ onionAddress, privateKey }: ClientAccess): string {
  const digits = encodeBase32(privateKey).toUpperCase();
  return `${onionAddress.replace(/\.onion$/, '')}:descriptor:x25519:${digits}\n`;
}

/** undefined when the text is none: it may hold a secret, so it is in no error. */
export function parseClientAccess(text: string): ClientAccess | undefined {
  const [, label, digits = ''] = /^([a-z2-7]{56}):descriptor:x25519:([a-z2-7]{52})$/i.exec(text.trim()) ?? [];
  const privateKey = decodeBase32(digits);
  if (label === undefined || privateKey?.length !== 32) return undefined;
  return { onionAddress: parseOnionAddress(`${label}.onion`), privateKey };
}

function brand(text: string): ClientPublicKey {
  assertClientPublicKey(text);
  return text;
}

/** The type can be made in this file alone. */
function assertClientPublicKey(text: string): asserts text is ClientPublicKey {
  if (text.length !== 'descriptor:x25519:'.length + 52)
    throw new OnionmxError('bug', 'a client key is not 32 octets');
}
