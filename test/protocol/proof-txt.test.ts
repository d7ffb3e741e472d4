import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  decodeProofTxt,
  encodeProofTxt,
  formatProofTxtRecord,
  proofTxtName,
} from '../../src/protocol/proof-txt.ts';
import { formatProof } from '../../src/protocol/proof-signature.ts';
import { makeProof, org } from './made-up-proofs.ts';

const text = formatProof(makeProof());
const prefix = 'v=onionmx-proof1;';

function decode(...strings: string[]): string | undefined {
  return decodeProofTxt(strings.map((string) => Buffer.from(string, 'latin1')))?.toString('latin1');
}

test('the name', () => assert.equal(proofTxtName(org), '_onion-mx-proof.example.org'));

test('a line of a zone file', () => {
  assert.match(
    formatProofTxtRecord(org, text),
    /^_onion-mx-proof\.example\.org\. 3600 IN TXT "v=onionmx-proof1;[^"\s]{238}" "[A-Za-z0-9+/=]+"\n$/,
  );
});

test('there and back, wherever the strings are cut', () => {
  const cuts = fc.uniqueArray(fc.nat(400), { maxLength: 6 });
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 4096 }), cuts, (said, places) => {
      const strings = encodeProofTxt(said);
      assert.ok(strings.every((string) => string.length <= 255));
      assert.equal(decode(...strings), said);
      const whole = strings.join('');
      const ends = [...places.toSorted((one, other) => one - other), whole.length];
      assert.equal(decode(...ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end))), said);
    }),
  );
});

for (const [why, strings] of [
  ['no strings', []],
  ['an empty one', ['']],
  ['another record, as a wildcard may give', ['v=spf1 -all']],
  ['another encoding', ['v=onionmx-proof2;AAAA']],
  ['a prefix in capitals', ['V=ONIONMX-PROOF1;AAAA']],
  ['a prefix that is cut off', ['v=onionmx-proof']],
] as const) {
  test(`none of ours: ${why}`, () => assert.equal(decode(...strings), undefined));
}

const [first = '', second = ''] = encodeProofTxt(text);
for (const [why, strings] of [
  ['a blank', [`${prefix} AAAA`]],
  ['no padding', [`${prefix}AA`]],
  ['bits that no octet holds', [`${prefix}AB==`]],
  ['letters of base64url', [`${prefix}__-_`]],
  ['two in one', [`${prefix}AA==AA==`]],
  ['longer than a proof can be', [prefix + 'A'.repeat(5468)]],
] as const) {
  test(`cannot be read: ${why}`, () => {
    assert.throws(() => decode(...strings), { code: 'proof-malformed', hint: /proof make --txt/ });
  });
}

test('strings in another order are no record of ours, and a missing one is no whole proof', () => {
  assert.equal(decode(second, first), undefined);
  assert.throws(() => decode(first), { code: 'proof-malformed' });
});

test('any octets: a proof, none, or an error of ours', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      try {
        const decoded = decodeProofTxt([Buffer.from(prefix), octets]);
        assert.equal(
          encodeProofTxt(decoded?.toString('latin1') ?? '').join(''),
          prefix + Buffer.from(octets).toString('latin1'),
        );
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'proof-malformed');
      }
    }),
  );
});
