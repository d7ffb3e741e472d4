import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkServiceKeys, type KeyFiles } from '../../src/onion-keys/service-keys.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeKeyFiles } from './made-up-keys.ts';

const [one, two] = [makeKeyFiles(1), makeKeyFiles(2)];

test('files that belong together, and the address that they make', () => {
  assert.deepEqual(checkServiceKeys(one, 'here'), { onionAddress: makeOnionAddress(1), files: one });
});

/** What one tor 0.4.9.11 wrote, for a service that was thrown away. */
test('files of a real tor', () => {
  const files = {
    hostname: Buffer.from(realFiles.hostname),
    hs_ed25519_public_key: Buffer.from(realFiles.publicKey, 'base64'),
    hs_ed25519_secret_key: Buffer.from(realFiles.secretKey, 'base64'),
  };
  assert.equal(`${checkServiceKeys(files, 'here').onionAddress}\n`, realFiles.hostname);
});

const realFiles = {
  hostname: 'mptobbpluu6gjpnectmy5hmh4mya54m42l4nspwdd7lxm2lmtm4j5yad.onion\n',
  publicKey: 'PT0gZWQyNTUxOXYxLXB1YmxpYzogdHlwZTAgPT0AAABj5uCF66U8ZL2kFNmOnYfjMA7xnNL42T7DH9d2aWybOA==',
  secretKey:
    'PT0gZWQyNTUxOXYxLXNlY3JldDogdHlwZTAgPT0AAABY/sqOY/eSfewqPpzBKmTXGnz8Fo9UeLSpQCMIFz6Nb6itKCka3oAfZcMTrPdr7SNDn9x1YOEz7Vx7RudJ9vVr',
};

const wrong: readonly (readonly [why: string, change: Partial<KeyFiles>, message: RegExp])[] = [
  [
    'the secret key of another',
    { hs_ed25519_secret_key: two.hs_ed25519_secret_key },
    /do not belong together/,
  ],
  [
    'the public key of another',
    { hs_ed25519_public_key: two.hs_ed25519_public_key },
    /do not belong together/,
  ],
  [
    'the address of another',
    { hostname: two.hostname },
    /the keys are those of \S+\.onion, and hostname says/,
  ],
  [
    'the public key as the secret one',
    { hs_ed25519_secret_key: one.hs_ed25519_public_key },
    /secret_key is no such/,
  ],
  [
    'the secret key as the public one',
    { hs_ed25519_public_key: one.hs_ed25519_secret_key },
    /public_key is no such/,
  ],
  [
    'cut off',
    { hs_ed25519_secret_key: one.hs_ed25519_secret_key.subarray(0, -1) },
    /secret_key is no such file/,
  ],
  ['an empty file', { hs_ed25519_public_key: Buffer.alloc(0) }, /public_key is no such file/],
  [
    'a scalar that is zero',
    { hs_ed25519_secret_key: Buffer.concat([one.hs_ed25519_secret_key.subarray(0, 32), Buffer.alloc(64)]) },
    /do not belong together/,
  ],
];

for (const [why, change, message] of wrong) {
  test(`files that do not belong together: ${why}`, () => {
    assert.throws(
      () => checkServiceKeys({ ...one, ...change }, 'in /a/folder'),
      (error) => {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'onion-keys-invalid');
        assert.match(error.message, message);
        assert.match(error.message, /^in \/a\/folder: /);
        assert.ok(!error.message.includes(one.hs_ed25519_secret_key.subarray(32).toString('base64')));
        return true;
      },
    );
  });
}

test('blanks around the address are no difference', () => {
  const hostname = Buffer.from(` ${makeOnionAddress(1)}\r\n`);
  assert.equal(checkServiceKeys({ ...one, hostname }, 'here').onionAddress, makeOnionAddress(1));
});
