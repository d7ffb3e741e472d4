import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openServiceSigner } from '../../src/onion-keys/sign-with-service-key.ts';
import { assertSigned, signedBytesOf } from '../../src/protocol/proof-signature.ts';
import { formatStatement } from '../../src/protocol/proof-statement.ts';
import { makeKeyFiles } from '../onion-keys/made-up-keys.ts';
import { makeProof, makeStatement } from './made-up-proofs.ts';

const statement = makeStatement();

test('the right signature', () => {
  assertSigned(makeProof());
});

test('the text is signed with words of its own before it, and a NUL', () => {
  const [words, said] = signedBytesOf(statement).toString('latin1').split('\0');
  assert.equal(words, 'onionmx: this onion service takes mail for these domains');
  assert.equal(said, formatStatement(statement));
});

test('a signature of the text alone, made for another purpose, is none', () => {
  const signer = openServiceSigner(makeKeyFiles(1).hs_ed25519_secret_key, 'test');
  const signature = signer.sign(Buffer.from(formatStatement(statement), 'latin1'));
  assert.throws(() => assertSigned({ statement, signature }), { code: 'proof-bad-signature' });
});

test('the same signature with the order of the group added to it is none: there is one spelling', () => {
  const { signature } = makeProof();
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const response = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString('hex')}`) + order;
  const other = Buffer.from(Buffer.from(response.toString(16).padStart(64, '0'), 'hex').toReversed());
  const altered = { statement, signature: Buffer.concat([signature.subarray(0, 32), other]) };
  assert.throws(() => assertSigned(altered), { code: 'proof-bad-signature' });
});
