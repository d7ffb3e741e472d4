import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatClientAccess,
  formatClientPublicKey,
  parseClientAccess,
  parseClientPublicKey,
} from '../../src/protocol/onion-client-key.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const key = Buffer.alloc(32, 7);
const digits = 'A4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQ';

test('a public key, both ways', () => {
  assert.equal(formatClientPublicKey(key), `descriptor:x25519:${digits}`);
  assert.equal(parseClientPublicKey(`descriptor:x25519:${digits}`), `descriptor:x25519:${digits}`);
});

test('either case and blanks around it are fine: lines get copied', () => {
  assert.equal(
    parseClientPublicKey(` descriptor:x25519:${digits.toLowerCase()}\n`),
    `descriptor:x25519:${digits}`,
  );
});

for (const [text, why] of [
  [digits, 'the digits alone'],
  [`descriptor:x25519:${digits.slice(1)}`, 'a digit is missing'],
  [`descriptor:x25519:${digits}A`, 'a digit too many'],
  [`descriptor:x25519:${digits.slice(0, -1)}1`, 'a digit that is none'],
  [`descriptor:x25519:${digits.slice(0, -1)}B`, 'bits that no octet holds'],
  [`descriptor:x25519:${'A'.repeat(52)}`, 'zero, which tor takes for no key'],
  [`descriptor:ed25519:${digits}`, 'another kind of key'],
  [`${makeOnionAddress(1).slice(0, 56)}:descriptor:x25519:${digits}`, 'the line of the client side'],
] as const) {
  test(`no public key: ${why}`, () => {
    assert.throws(() => parseClientPublicKey(text), { code: 'client-key-invalid', hint: /onion join/ });
  });
}

test('the file of the client side, both ways', () => {
  const access = { onionAddress: makeOnionAddress(1), privateKey: key };
  const text = formatClientAccess(access);
  assert.equal(text, `${makeOnionAddress(1).slice(0, 56)}:descriptor:x25519:${digits}\n`);
  assert.deepEqual(parseClientAccess(text), access);
});

test('what is no such file', () => {
  assert.equal(parseClientAccess(''), undefined);
  assert.equal(parseClientAccess(`descriptor:x25519:${digits}`), undefined);
});
