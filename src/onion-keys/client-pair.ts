/** Makes the x25519 pair of a member of a closed group, and finds its public half again (RFC 7748, RFC 8410). */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type ClientPublicKey, formatClientPublicKey } from '../protocol/onion-client-key.ts';

/** What comes before the 32 octets of an x25519 key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** 32 octets that nobody else has. */
export function makeClientPrivateKey(): Buffer {
  const { privateKey } = generateKeyPairSync('x25519');
  return privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
}

export function clientPublicKeyOf(privateKey: Uint8Array): ClientPublicKey {
  const der = Buffer.concat([pkcs8Prefix, privateKey]);
  return formatClientPublicKey(rawPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })));
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}
