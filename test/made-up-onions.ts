/** Valid onion addresses for tests, made from small numbers: each is a real key with its checksum. */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Exchanger } from '../src/protocol/exchanger.ts';
import { type OnionAddress, parseOnionAddress } from '../src/protocol/onion-address.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

export function makeOnionAddress(number: number): OnionAddress {
  const seed = createHash('sha256').update(String(number)).digest();
  return parseOnionAddress(`${encodeOnionKey(ed25519.getPublicKey(seed))}.onion`);
}

/** The label of any 32 bytes, with the right checksum, whether they are a key or not. */
export function encodeOnionKey(publicKey: Uint8Array, version = 3): string {
  const tail = Uint8Array.of(version);
  const checksum = createHash('sha3-256').update('.onion checksum').update(publicKey).update(tail).digest();
  return encodeBase32(Buffer.concat([publicKey, checksum.subarray(0, 2), tail]));
}

export function makeExchanger(number: number, preference: Partial<Exchanger> = {}): Exchanger {
  return { onionAddress: makeOnionAddress(number), port: 25, priority: 0, weight: 0, ...preference };
}

function encodeBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => alphabet.charAt(Number.parseInt(five, 2)));
}
