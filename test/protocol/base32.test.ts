import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeBase32, encodeBase32 } from '../../src/protocol/base32.ts';

const vectors: readonly (readonly [text: string, encoded: string])[] = [
  // RFC 4648 §10, lower case and without padding
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
];

for (const [text, encoded] of vectors) {
  test(`base 32 of ${JSON.stringify(text)}, both ways, in either case`, () => {
    assert.equal(encodeBase32(Buffer.from(text)), encoded);
    assert.equal(decodeBase32(encoded)?.toString(), text);
    assert.equal(decodeBase32(encoded.toUpperCase())?.toString(), text);
  });
}

for (const [text, why] of [
  ['m1', 'a digit that is none'],
  ['my======', 'padding'],
  ['m y', 'a blank'],
  ['mz', 'bits that no octet holds'],
  ['mzx', 'a character too many'],
] as const) {
  test(`no base 32: ${why}`, () => assert.equal(decodeBase32(text), undefined));
}

test('whatever is encoded is decoded', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      assert.deepEqual(decodeBase32(encodeBase32(bytes)), Buffer.from(bytes));
    }),
  );
});

test('a value has one spelling', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z2-7]{0,20}$/), (text) => {
      const bytes = decodeBase32(text);
      if (bytes !== undefined) assert.equal(encodeBase32(bytes), text);
    }),
  );
});
