import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { type ErrorCode, OnionmxError } from '../../src/errors.ts';
import { isVersion2Address, parseOnionAddress } from '../../src/protocol/onion-address.ts';
import { encodeOnionKey, makeOnionAddress } from '../made-up-onions.ts';

/** From Tor's own documentation and three sites that exist: the test must not only agree with itself. */
const knownAddresses = [
  'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion',
  'sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion',
  'xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion',
  'aj3nsqqcksrrc5cye5etjsoewz6jrygpekzwoko3q6wyxjlb3dgasfid.onion',
];

function makeRealKey(): Buffer {
  const spki = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  return spki.subarray(-32);
}

for (const address of knownAddresses) {
  test(`${address.slice(0, 8)}… is an onion address`, () => {
    assert.equal(parseOnionAddress(address), address);
  });
}

test('keys that node:crypto makes have onion addresses', () => {
  for (let count = 0; count < 20; count++) {
    const address = `${encodeOnionKey(makeRealKey())}.onion`;
    assert.equal(parseOnionAddress(address), address);
  }
});

const address = makeOnionAddress(1);
const spellings: readonly [why: string, text: string][] = [
  ['case does not count', address.toUpperCase()],
  ['a name with its root', `${address}.`],
  ['a subdomain belongs to its address', `mail.${address}`],
  ['so does one further below', `a.b.c.${address}`],
];

for (const [why, text] of spellings) {
  test(`${text.slice(0, 12)}…: ${why}`, () => {
    assert.equal(parseOnionAddress(text), address);
  });
}

/** A point of order 8 (rend-spec-v3 §6): added to a key it gives another spelling of the same service. */
const torsionPoint = ed25519.Point.fromHex(
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
);
const realPoint = ed25519.Point.fromBytes(ed25519.getPublicKey(createHash('sha256').update('x').digest()));
const modulus = 2n ** 255n - 19n;

function littleEndian(value: bigint): Buffer {
  return Buffer.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toReversed());
}

function onionOf(key: Uint8Array, version?: number): string {
  return `${encodeOnionKey(key, version)}.onion`;
}

const bad: readonly [why: string, text: string, code: ErrorCode][] = [
  ['an ordinary domain', 'example.org', 'address-not-onion'],
  ['nothing', '', 'address-not-onion'],
  ['the top alone', 'onion', 'address-not-onion'],
  ['nothing before the top', '.onion', 'address-not-onion'],
  ['another top', `${address}.org`, 'address-not-onion'],
  ['the label without its top', address.slice(0, 56), 'address-not-onion'],
  ['two dots at the end', `${address}..`, 'address-not-onion'],
  ['55 characters', address.slice(1), 'address-bad-length'],
  ['57 characters', `a${address}`, 'address-bad-length'],
  ['a port', `${address.slice(0, 56)}:25.onion`, 'address-bad-length'],
  ['16 characters that no version 2 address has', 'mail-server-1189.onion', 'address-bad-length'],
  ['version 2', '4my2dd2okjr75aho.onion', 'address-version-2'],
  ['below version 2', 'mail.4MY2DD2OKJR75AHO.onion.', 'address-version-2'],
  ['the digit 1', address.replace(/^./, '1'), 'address-bad-base32'],
  ['the digit 0 at the end', address.replace(/.\.onion$/, '0.onion'), 'address-bad-base32'],
  ['the Kelvin sign, which lower case makes a k', address.replace(/^./, '\u{212a}'), 'address-bad-base32'],
  ['version 4 with a right checksum', onionOf(makeRealKey(), 4), 'address-other-version'],
  ['version 0', onionOf(makeRealKey(), 0), 'address-other-version'],
  ['a changed letter', address.replace(/^./, address.startsWith('a') ? 'b' : 'a'), 'address-bad-checksum'],
  ['a letter changed within the checksum', changeChecksum(address), 'address-bad-checksum'],
  ['the neutral element', onionOf(ed25519.Point.ZERO.toBytes()), 'address-bad-point'],
  ['a point of order 8', onionOf(torsionPoint.toBytes()), 'address-bad-point'],
  ['a key with a part of order 8', onionOf(realPoint.add(torsionPoint).toBytes()), 'address-bad-point'],
  ['a y without a point on the curve', onionOf(littleEndian(2n)), 'address-bad-point'],
  ['a y not below the modulus: a second spelling', onionOf(littleEndian(modulus + 1n)), 'address-bad-point'],
];

function changeChecksum(text: string): string {
  const at = 52; // bits 260-264, the first ones of the checksum's middle
  return `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`;
}

for (const [why, text, code] of bad) {
  test(`no onion address (${code}): ${why}`, () => {
    assert.throws(
      () => parseOnionAddress(text),
      (error) => {
        assert.ok(error instanceof OnionmxError);
        assert.equal(error.code, code, error.message);
        assert.equal(error.status, '5.1.2');
        return true;
      },
    );
  });
}

test('a version 2 address is told that its time is over', () => {
  assert.throws(() => parseOnionAddress('4my2dd2okjr75aho.onion'), /version 2 .* October 2021/);
});

test('the torsion point has order 8, or the tests above show nothing', () => {
  assert.equal(torsionPoint.multiplyUnsafe(8n).is0(), true);
  assert.equal(torsionPoint.multiplyUnsafe(4n).is0(), false);
});

test('any key has exactly one address, and no other 32 bytes with a changed letter pass', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(55), fc.nat(30), (seed, at, turn) => {
      const right = onionOf(ed25519.getPublicKey(seed));
      assert.equal(parseOnionAddress(right), right);
      const letters = 'abcdefghijklmnopqrstuvwxyz234567';
      const letter = letters[(letters.indexOf(right.charAt(at)) + 1 + turn) % 32];
      assert.throws(
        () => parseOnionAddress(`${right.slice(0, at)}${letter}${right.slice(at + 1)}`),
        OnionmxError,
      );
    }),
    { numRuns: 50 },
  );
});

test('any text is an address or refused with an address error', () => {
  const label = fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'.split('')),
    minLength: 56,
    maxLength: 56,
  });
  const text = fc.oneof(fc.string({ unit: 'binary' }), label);
  fc.assert(
    fc.property(text, (label56) => {
      try {
        assert.match(parseOnionAddress(`${label56}.onion`), /^[a-z2-7]{56}\.onion$/);
      } catch (error) {
        assert.ok(error instanceof OnionmxError && error.code.startsWith('address-'), String(error));
      }
    }),
  );
});

test('version 2 addresses are told from others', () => {
  for (const text of ['4my2dd2okjr75aho.onion', 'x.4MY2DD2OKJR75AHO.ONION.'])
    assert.ok(isVersion2Address(text), text);
  for (const text of [address, '4my2dd2okjr75ah1.onion', '4my2dd2okjr75aho', 'a4my2dd2okjr75aho.onion'])
    assert.ok(!isVersion2Address(text), text);
});
