import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { foldCase, toDnsName, toPrintableText } from '../../src/protocol/dns-name.ts';

const label63 = 'a'.repeat(63);
const name253 = `${[label63, label63, label63].join('.')}.${'b'.repeat(61)}`;

const rows: readonly (readonly [text: string, name: string | undefined, why: string])[] = [
  ['_onion-mx._tcp.Example.ORG', '_onion-mx._tcp.example.org', 'letters are folded'],
  [name253, name253, '253 characters are allowed'],
  [`${name253}b`, undefined, '254 are not'],
  [`${label63}a.org`, undefined, 'a label has 63 at most'],
  ['', undefined, 'nothing is no name'],
  ['.', undefined, 'the root is no name for us'],
  ['a..b', undefined, 'an empty label'],
  ['example.org.', undefined, 'a trailing dot comes from a dot inside a label'],
  ['foo.onion.', undefined, 'likewise, and it would leak a name under .onion'],
  ['a b.org', undefined, 'a space'],
  ['\u212Aelvin.org', undefined, 'the Kelvin sign is not a k'],
  ['bücher.example', undefined, 'U-labels are not for the wire'],
  ['a\u0000b.org', undefined, 'a NUL'],
];

for (const [text, name, why] of rows) {
  test(`toDnsName ${JSON.stringify(text.slice(0, 40))}: ${why}`, () => {
    assert.equal(toDnsName(text), name);
  });
}

test('a DNS name stays the same when it is read again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = toDnsName(text);
      if (name !== undefined) assert.equal(toDnsName(name), name);
    }),
  );
});

test('foldCase changes ASCII letters only', () => {
  assert.equal(foldCase('AZaz\u212AÄ-'), 'azaz\u212AÄ-');
});

test('printable text has no escape sequences, no line ends, and no more than asked for', () => {
  assert.equal(toPrintableText('a\u001b[31m\r\nb é', 100), 'a?[31m??b ?');
  assert.equal(toPrintableText('abcdef', 3), 'abc');
});
