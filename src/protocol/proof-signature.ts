/**
 * The signature of a proof: Ed25519 (RFC 8032 §5.1.7) by the key that the onion address is made of (Tor rend-spec-v3 §6).
 * Left out: signing, which needs Tor's expanded secret key (onion-keys/sign-with-service-key.ts).
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { OnionmxError } from '../errors.ts';
import { decodeBase32 } from './base32.ts';
import type { OnionAddress } from './onion-address.ts';
import { formatStatement, type ProofStatement } from './proof-statement.ts';

/** As it was read, or was just signed: nothing says yet that the signature is right. */
export interface SignedProof {
  readonly statement: ProofStatement;
  /** 64 octets. */
  readonly signature: Buffer;
}

/**
 * Stops an attack: with this before the text, no signature that the key made for another purpose can be passed off as that of a
 * proof, nor the other way round. No text of a proof has a NUL.
 */
const domainSeparation = 'onionmx: this onion service takes mail for these domains\0';
/** What comes before the 32 octets of an Ed25519 key in an SPKI (RFC 8410 §4). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** What is signed. */
export function signedBytesOf(statement: ProofStatement): Buffer {
  return Buffer.from(`${domainSeparation}${formatStatement(statement)}`, 'latin1');
}

export function formatProof({ statement, signature }: SignedProof): string {
  return `${formatStatement(statement)}signature ${signature.toString('base64')}\n`;
}

/** Throws `proof-bad-signature`. */
export function assertSigned({ statement, signature }: SignedProof): void {
  const { onionAddress } = statement;
  if (verify(null, signedBytesOf(statement), publicKeyOf(onionAddress), signature)) return;
  throw new OnionmxError(
    'proof-bad-signature',
    `the signature is not that of ${onionAddress} for this text: it was changed, or another key signed it`,
    {
      hint: 'fetch it again, octet for octet; if it stays so, its operator makes a new one: `onionmx proof make`',
    },
  );
}

function publicKeyOf(onionAddress: OnionAddress): KeyObject {
  const bytes = decodeBase32(onionAddress.replace(/\.onion$/, ''))?.subarray(0, 32) ?? Buffer.alloc(0);
  return createPublicKey({ key: Buffer.concat([spkiPrefix, bytes]), format: 'der', type: 'spki' });
}
