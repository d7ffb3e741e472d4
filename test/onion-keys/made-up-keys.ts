/** Key files of onion services as tor writes them, made from small numbers. */
import { createHash } from 'node:crypto';
import type { KeyFiles } from '../../src/onion-keys/service-keys.ts';
import { ed25519 } from '@noble/curves/ed25519.js';
import { encodeOnionKey } from '../made-up-onions.ts';

export function makeKeyFiles(number: number): KeyFiles {
  const seed = createHash('sha256').update(String(number)).digest();
  const publicKey = ed25519.getPublicKey(seed);
  const expanded = createHash('sha512').update(seed).digest();
  // RFC 8032 §5.1.5
  expanded[0] = (expanded[0] ?? 0) & 248;
  expanded[31] = ((expanded[31] ?? 0) & 127) | 64;
  return {
    hostname: Buffer.from(`${encodeOnionKey(publicKey)}.onion\n`),
    hs_ed25519_public_key: withHeader('== ed25519v1-public: type0 ==', publicKey),
    hs_ed25519_secret_key: withHeader('== ed25519v1-secret: type0 ==', expanded),
  };
}

function withHeader(text: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(text.padEnd(32, '\0')), body]);
}
