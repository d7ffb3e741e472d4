import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseProof } from '../../src/protocol/proof-parser.ts';
import { formatProof, type SignedProof } from '../../src/protocol/proof-signature.ts';
import { type ProofExpectation, verifyProof } from '../../src/protocol/proof-verification.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { day, makeProof, makeStatement, newYear, org, signStatement } from './made-up-proofs.ts';

const proof = makeProof();
const expected: ProofExpectation = {
  domain: org,
  onionAddress: makeOnionAddress(1),
  port: 25,
  nowSeconds: newYear + day,
};

test('what holds gives what it says', () => {
  assert.deepEqual(verifyProof(proof, expected), makeStatement());
});

const at = (nowSeconds: number) => ({ nowSeconds });
const renewed = makeStatement({ issuedSeconds: newYear + 1 });

for (const [why, change] of [
  ['the first second', at(newYear)],
  ['a clock that is five minutes late', at(newYear - 300)],
  ['the last second', at(newYear + 90 * day - 1)],
  ['seen before: itself', { newestSeen: makeStatement() }],
  ['seen before: an older one', { newestSeen: makeStatement({ issuedSeconds: newYear - 1 }) }],
  [
    'seen before: a newer one of another onion',
    { newestSeen: { ...renewed, onionAddress: makeOnionAddress(2) } },
  ],
  [
    'seen before: a newer one on another domain',
    { newestSeen: { ...renewed, domains: [parseDomainName('a.test')] } },
  ],
] as const) {
  test(`holds: ${why}`, () => void verifyProof(proof, { ...expected, ...change }));
}

const refusals: readonly [
  why: string,
  given: SignedProof,
  change: Partial<ProofExpectation>,
  code: string,
][] = [
  [
    'signed by the key of another onion service',
    signStatement(makeStatement(), 2),
    {},
    'proof-bad-signature',
  ],
  [
    'the signature of another text',
    { ...makeProof({ ports: [26] }), statement: makeStatement() },
    {},
    'proof-bad-signature',
  ],
  ['a signature of zeros', { ...proof, signature: Buffer.alloc(64) }, {}, 'proof-bad-signature'],
  ['of another onion service', proof, { onionAddress: makeOnionAddress(2) }, 'proof-wrong-onion'],
  ['of another domain', proof, { domain: parseDomainName('example.com') }, 'proof-wrong-domain'],
  ['of a domain above', proof, { domain: parseDomainName('mail.example.org') }, 'proof-wrong-domain'],
  ['of another port', proof, { port: 26 }, 'proof-wrong-port'],
  ['made for too long', makeProof({ expiresSeconds: newYear + 400 * day + 1 }), {}, 'proof-too-long-lived'],
  ['not yet valid', proof, at(newYear - 301), 'proof-not-yet-valid'],
  ['expired', proof, at(newYear + 90 * day), 'proof-expired'],
  ['replayed: it was renewed since', proof, { newestSeen: renewed }, 'proof-replayed'],
  [
    'replayed: the domain was taken out of the ports that it had',
    proof,
    { newestSeen: { ...renewed, ports: [2525] } },
    'proof-replayed',
  ],
];

for (const [why, given, change, code] of refusals) {
  test(`refused: ${why}`, () => {
    assert.throws(() => verifyProof(given, { ...expected, ...change }), { code, hint: /`/ });
  });
}

test('a stranger can sign for any domain: only what the domain names tells the two apart', () => {
  const stranger = makeOnionAddress(2);
  const theirs = signStatement(makeStatement({ onionAddress: stranger }), 2);
  const { onionAddress: named, ...alone } = expected;
  assert.equal(verifyProof(theirs, alone).onionAddress, stranger, 'their half is right, and proves nothing');
  assert.throws(() => verifyProof(theirs, { ...alone, onionAddress: named }), { code: 'proof-wrong-onion' });
});

const text = Buffer.from(formatProof(proof), 'latin1');

function assertRefused(octets: Buffer): void {
  assert.throws(
    () => verifyProof(parseProof(octets), expected),
    (error) =>
      error instanceof OnionmxError &&
      ['proof-malformed', 'proof-other-version', 'proof-bad-signature'].includes(error.code),
  );
}

test('any altered bit of any octet is refused', () => {
  for (const [position, octet] of text.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      const altered = Buffer.from(text);
      altered[position] = octet ^ (1 << bit);
      assertRefused(altered);
    }
  }
});

test('any other octet in any place, and any that is missing or too many, is refused', () => {
  const places = fc.record({ at: fc.nat(text.length - 1), octet: fc.nat(255), removed: fc.nat(2) });
  fc.assert(
    fc.property(places, ({ at: position, octet, removed }) => {
      const altered = Buffer.concat([
        text.subarray(0, position),
        Uint8Array.of(octet),
        text.subarray(position + removed),
      ]);
      fc.pre(!altered.equals(text));
      assertRefused(altered);
    }),
    { numRuns: 1000 },
  );
});

test('no two lines may change places', () => {
  const lines = text.toString('latin1').split('\n').slice(0, -1);
  for (const [first, line] of lines.entries()) {
    for (const [second, other] of lines.entries()) {
      if (first >= second) continue;
      const swapped = lines.with(first, other).with(second, line);
      assertRefused(Buffer.from(`${swapped.join('\n')}\n`, 'latin1'));
    }
  }
});
