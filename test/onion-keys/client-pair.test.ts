import assert from 'node:assert/strict';
import { test } from 'node:test';
import { x25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { clientPublicKeyOf, makeClientPrivateKey } from '../../src/onion-keys/client-pair.ts';
import { formatClientPublicKey } from '../../src/protocol/onion-client-key.ts';

test('the public half is what another implementation of x25519 finds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
      assert.equal(clientPublicKeyOf(secret), formatClientPublicKey(x25519.getPublicKey(secret)));
    }),
    { numRuns: 20 },
  );
});

test('each pair is another', () => {
  const [one, two] = [makeClientPrivateKey(), makeClientPrivateKey()];
  assert.equal(one.length, 32);
  assert.notDeepEqual(one, two);
});
