import assert from 'node:assert/strict';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openServiceSigner } from '../../src/onion-keys/sign-with-service-key.ts';
import { assertSigned, signedBytesOf } from '../../src/protocol/proof-signature.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeStatement } from '../protocol/made-up-proofs.ts';
import { makeKeyFiles } from './made-up-keys.ts';

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signature that the seed behind makeKeyFiles makes. */
function signWithSeed(number: number, message: Uint8Array): Buffer {
  const seed = createHash('sha256').update(String(number)).digest();
  const der = Buffer.concat([pkcs8Prefix, seed]);
  return sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

test('the same signature as that of the seed, for any message', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.uint8Array({ maxLength: 300 }), (number, message) => {
      const signer = openServiceSigner(makeKeyFiles(number).hs_ed25519_secret_key, 'here');
      assert.deepEqual(signer.sign(message), signWithSeed(number, message));
      assert.equal(signer.onionAddress, makeOnionAddress(number));
    }),
    { numRuns: 50 },
  );
});

/** What one tor 0.4.9.11 wrote, for a service that was thrown away. */
test('the key of a real tor', () => {
  const file = Buffer.from(
    'PT0gZWQyNTUxOXYxLXNlY3JldDogdHlwZTAgPT0AAABY/sqOY/eSfewqPpzBKmTXGnz8Fo9UeLSpQCMIFz6Nb6itKCka3oAfZcMTrPdr7SNDn9x1YOEz7Vx7RudJ9vVr',
    'base64',
  );
  const signer = openServiceSigner(file, 'here');
  assert.equal(signer.onionAddress, 'mptobbpluu6gjpnectmy5hmh4mya54m42l4nspwdd7lxm2lmtm4j5yad.onion');
  const statement = makeStatement({ onionAddress: signer.onionAddress });
  assertSigned({ statement, signature: signer.sign(signedBytesOf(statement)) });
});

const { hs_ed25519_secret_key: right, hs_ed25519_public_key: publicFile } = makeKeyFiles(1);
for (const [why, file] of [
  ['an empty file', Buffer.alloc(0)],
  ['cut off', right.subarray(0, -1)],
  ['more behind it', Buffer.concat([right, Buffer.alloc(1)])],
  ['the public key', publicFile],
  ['a scalar that is zero', Buffer.concat([right.subarray(0, 32), Buffer.alloc(64)])],
] as const) {
  test(`no key: ${why}`, () => {
    assert.throws(() => openServiceSigner(file, 'in /a/file'), {
      code: 'onion-keys-invalid',
      message: /^in \/a\/file: /,
    });
  });
}
