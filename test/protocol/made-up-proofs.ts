/** Proofs of the made-up onion services of tests: signed with the keys that makeKeyFiles gives. */
import { openServiceSigner } from '../../src/onion-keys/sign-with-service-key.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { type SignedProof, signedBytesOf } from '../../src/protocol/proof-signature.ts';
import type { ProofStatement } from '../../src/protocol/proof-statement.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeKeyFiles } from '../onion-keys/made-up-keys.ts';

export const day = 86_400;
/** 2026-01-01T00:00:00Z */
export const newYear = 1_767_225_600;

export const [net, org] = [parseDomainName('example.net'), parseDomainName('example.org')];

export function makeStatement(change: Partial<ProofStatement> = {}): ProofStatement {
  return {
    onionAddress: makeOnionAddress(1),
    domains: [net, org],
    ports: [25, 2525],
    issuedSeconds: newYear,
    expiresSeconds: newYear + 90 * day,
    ...change,
  };
}

/** Signed by the key of the onion address 1, whatever the statement says. */
export function signStatement(statement: ProofStatement, key = 1): SignedProof {
  const signer = openServiceSigner(makeKeyFiles(key).hs_ed25519_secret_key, 'test');
  return { statement, signature: signer.sign(signedBytesOf(statement)) };
}

export function makeProof(change: Partial<ProofStatement> = {}): SignedProof {
  return signStatement(makeStatement(change));
}
