/**
 * Signs with the key of an onion service as tor keeps it: an expanded Ed25519 key (RFC 8032 §5.1.6, from step 2 on, with the
 * scalar and the prefix of tor's file). node:crypto takes seeds only, so the arithmetic is that of @noble/curves.
 */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { type OnionAddress, onionAddressOfKey } from '../protocol/onion-address.ts';
import { derivePublicKey, type ExpandedKey, invalidKeys, parseSecretKey } from './service-keys.ts';

export interface ServiceSigner {
  readonly onionAddress: OnionAddress;
  /** 64 octets; the same for the same message. */
  sign(message: Uint8Array): Buffer;
}

/** `file`: the octets of hs_ed25519_secret_key; `place` says where they come from. Throws `onion-keys-invalid`. */
export function openServiceSigner(file: Buffer, place: string): ServiceSigner {
  const key = parseSecretKey(file, place);
  const publicKey = derivePublicKey(key);
  if (publicKey === undefined)
    throw invalidKeys(place, 'hs_ed25519_secret_key is no key: its scalar is zero');
  return {
    onionAddress: onionAddressOfKey(publicKey),
    // stops an attack: the public key is derived, not read from the file beside it; with a wrong one a signature would give the secret away
    sign: (message) => sign(key, publicKey, message),
  };
}

function sign({ scalar, prefix }: ExpandedKey, publicKey: Buffer, message: Uint8Array): Buffer {
  const nonce = hashToScalar(prefix, message);
  const commitment = Buffer.from(ed25519.Point.BASE.multiply(nonce).toBytes());
  const challenge = hashToScalar(commitment, publicKey, message);
  const response = (nonce + challenge * scalar) % ed25519.Point.Fn.ORDER;
  return Buffer.concat([commitment, toLittleEndian(response)]);
}

/** SHA-512 as a number, lowest octet first, modulo the order of the group. */
function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  const digest = createHash('sha512').update(Buffer.concat(parts)).digest();
  const digits = Buffer.from(digest.toReversed()).toString('hex');
  return BigInt(`0x${digits}`) % ed25519.Point.Fn.ORDER;
}

function toLittleEndian(number: bigint): Buffer {
  return Buffer.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex').toReversed());
}
