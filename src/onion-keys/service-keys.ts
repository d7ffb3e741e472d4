/**
 * The three files that make an onion service (tor's hs_ed25519_secret_key, hs_ed25519_public_key and hostname), and whether
 * they belong together. The secret key is an expanded one (rend-spec-v3 §A.2; RFC 8032 §5.1.5): a scalar a with A = a·B, and a prefix.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { OnionmxError } from '../errors.ts';
import { type OnionAddress, onionAddressOfKey } from '../protocol/onion-address.ts';

/** The names of the files in the folder of a service, in the order in which they are written: with the secret one the service is whole. */
export const keyFileNames = ['hostname', 'hs_ed25519_public_key', 'hs_ed25519_secret_key'] as const;

/** The octets of each file, as they are. */
export type KeyFiles = Readonly<Record<(typeof keyFileNames)[number], Buffer>>;

export interface ServiceKeys {
  readonly onionAddress: OnionAddress;
  readonly files: KeyFiles;
}

/** The secret key: SECRET, all of it. */
export interface ExpandedKey {
  /** Modulo the order of the group. */
  readonly scalar: bigint;
  /** 32 octets. */
  readonly prefix: Buffer;
}

const publicHeader = header('== ed25519v1-public: type0 ==');
const secretHeader = header('== ed25519v1-secret: type0 ==');

/** Throws `onion-keys-invalid`; `place` says where the files come from. No error holds a key. */
export function checkServiceKeys(files: KeyFiles, place: string): ServiceKeys {
  const publicKey = bodyOf(files.hs_ed25519_public_key, publicHeader, 32);
  if (publicKey === undefined) throw invalidKeys(place, 'hs_ed25519_public_key is no such file of tor');
  const secretKey = parseSecretKey(files.hs_ed25519_secret_key, place);
  if (!derivePublicKey(secretKey)?.equals(publicKey))
    throw invalidKeys(place, 'hs_ed25519_secret_key and hs_ed25519_public_key do not belong together');
  const onionAddress = onionAddressOfKey(publicKey);
  const named = files.hostname.toString('latin1').trim();
  if (named !== onionAddress)
    throw invalidKeys(place, `the keys are those of ${onionAddress}, and hostname says another`);
  return { onionAddress, files };
}

/** What is in the secret file. Throws `onion-keys-invalid`. */
export function parseSecretKey(file: Buffer, place: string): ExpandedKey {
  const octets = bodyOf(file, secretHeader, 64);
  if (octets === undefined) throw invalidKeys(place, 'hs_ed25519_secret_key is no such file of tor');
  const digits = Buffer.from(octets.subarray(0, 32).toReversed()).toString('hex');
  return { scalar: BigInt(`0x${digits}`) % ed25519.Point.Fn.ORDER, prefix: octets.subarray(32) };
}

/** undefined for a scalar that is zero, which no key has. */
export function derivePublicKey({ scalar }: ExpandedKey): Buffer | undefined {
  return scalar === 0n ? undefined : Buffer.from(ed25519.Point.BASE.multiply(scalar).toBytes());
}

function header(text: string): Buffer {
  return Buffer.from(text.padEnd(32, '\0'), 'latin1');
}

function bodyOf(file: Buffer, expectedHeader: Buffer, bodyBytes: number): Buffer | undefined {
  const isRight = file.length === 32 + bodyBytes && file.subarray(0, 32).equals(expectedHeader);
  return isRight ? file.subarray(32) : undefined;
}

export function invalidKeys(place: string, why: string): OnionmxError {
  return new OnionmxError('onion-keys-invalid', `${place}: ${why}`, {
    hint: 'use another copy of these keys; `onionmx onion restore` writes nothing before all of them are right',
  });
}
