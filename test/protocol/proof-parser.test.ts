import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseProof } from '../../src/protocol/proof-parser.ts';
import { formatProof, type SignedProof } from '../../src/protocol/proof-signature.ts';
import { composeStatement } from '../../src/protocol/proof-statement.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeProof, makeStatement } from './made-up-proofs.ts';

const proof = makeProof();
const text = formatProof(proof);

function parse(changed: string): SignedProof {
  return parseProof(Buffer.from(changed, 'latin1'));
}

test('what was written is read', () => {
  assert.deepEqual(parse(text), proof);
});

function times(count: number, line: (number: number) => string): string {
  return Array.from({ length: count }, (_, number) => line(number)).join('');
}

const refusals: readonly [why: string, from: string | RegExp, to: string, message: RegExp][] = [
  ['nothing', /[^]*/, '', /line 1, column 1: this is no proof/],
  ['an empty line alone', /[^]*/, '\n', /line 1, column 1: this is no proof: it does not begin with/],
  ['another file', 'onionmx-proof', 'PROOF', /line 1, column 1: this is no proof/],
  ['a version with a zero in front', 'proof 1', 'proof 01', /line 1, column 1/],
  ['a blank after the version', 'proof 1', 'proof 1 ', /line 1, column 1/],
  ['an empty line', 'onion ', '\nonion ', /line 2, column 1: a line "onion …" has to be here/],
  ['no onion address', /^onion .*\n/m, '', /line 2, column 1: a line "onion …"/],
  ['two onion addresses', /^(onion .*\n)/m, '$1$1', /line 3, column 1: a line "domain …"/],
  ['a mistyped onion address', /^onion ./m, 'onion b', /line 2, column 7: .* wrong checksum/],
  ['an onion address in capitals', /^onion (.)/m, 'onion Z', /line 2, column 7/],
  [
    'a subdomain of an onion address',
    'onion ',
    'onion www.',
    /line 2, column 7: it must be written [a-z2-7]{56}/,
  ],
  ['no domain', /^domain .*\n/gm, '', /line 3, column 1: a line "domain …"/],
  ['an empty domain', 'domain example.net', 'domain ', /line 3, column 8: .* is no domain name/],
  ['no blank', 'domain example.net', 'domain', /line 3, column 1: a line "domain …"/],
  ['two blanks', 'domain example.net', 'domain  example.net', /line 3, column 8/],
  ['a domain in capitals', 'example.net', 'EXAMPLE.net', /line 3, column 8: it must be written example\.net/],
  ['a dot at the end', 'example.net', 'example.net.', /line 3, column 8: it must be written example\.net/],
  ['a domain under .onion', 'example.net', 'a.onion', /line 3, column 8: .* its own proof/],
  ['domains in another order', 'example.net', 'example.ork', /line 4, column 8: .*ascending/],
  ['a domain twice', 'example.net', 'example.org', /line 4, column 8: .*ascending/],
  [
    'too many domains',
    'domain example.org\n',
    times(32, (number) => `domain f${10 + number}.test\n`),
    /line 35, column 1: there are more than 32 lines/,
  ],
  ['a domain behind the ports', 'issued', 'domain z.test\nissued', /line 7, column 1: a line "issued …"/],
  ['no port', /^port .*\n/gm, '', /line 5, column 1: a line "port …"/],
  ['port 0', 'port 25\n', 'port 0\n', /line 5, column 6: a port is/],
  ['a port with a zero in front', 'port 25\n', 'port 025\n', /line 5, column 6: a port is/],
  ['a port with a sign', 'port 25\n', 'port +25\n', /line 5, column 6: a port is/],
  ['a port that is too great', 'port 2525', 'port 65536', /line 6, column 6: a port is/],
  ['ports in the order of texts', 'port 25\n', 'port 3000\n', /line 6, column 6: .*ascending/],
  [
    'too many ports',
    'port 25\n',
    times(8, (number) => `port ${number + 1}\n`),
    /line 13, column 1: there are more/,
  ],
  ['a date alone', /issued .*/, 'issued 2026-01-01', /line 7, column 8: a time looks like/],
  ['a day that does not exist', 'issued 2026-01-01', 'issued 2026-02-30', /line 7, column 8: a time/],
  [
    'the end at the beginning',
    'expires 2026-04-01',
    'expires 2026-01-01',
    /line 8, column 9: it is not after/,
  ],
  ['no signature', /signature .*\n/, '', /line 9, column 1: a line "signature …"/],
  [
    'a short signature',
    /signature .*/,
    `signature ${Buffer.alloc(63).toString('base64')}`,
    /line 9, column 11/,
  ],
  [
    'base64url',
    /signature .*/,
    `signature ${Buffer.alloc(64, 255).toString('base64url')}==`,
    /line 9, column 11/,
  ],
  ['no padding', '==', '', /line 9, column 11: a signature is/],
  ['bits that no octet holds', /.==/, 'B==', /line 9, column 11: a signature is/],
  ['a line behind it', /$/, 'more\n', /line 10, column 1: nothing may follow/],
  ['an empty line behind it', /$/, '\n', /line 10, column 1: nothing may follow/],
  ['two proofs', /$/, text, /line 10, column 1: nothing may follow/],
  ['no line end', /\n$/, '', /line 9: it has no line end/],
  ['CR LF', '\n', '\r\n', /line 1, column 16: octet 13, only printable/],
  ['a tab', 'port 25\n', 'port\t25\n', /line 5, column 5: octet 9/],
  ['a NUL', 'port 25\n', 'port 25\0\n', /line 5, column 8: octet 0/],
  ['a byte order mark', /^/, '\xef\xbb\xbf', /line 1, column 1: octet 239/],
  ['a domain that is not ASCII', 'example.net', 'ex\xe4mple.net', /line 3, column 10: octet 228/],
  ['too long', 'example.net', 'x'.repeat(4000), /it has more than 4096 bytes/],
];

for (const [why, from, to, message] of refusals) {
  test(`cannot be read: ${why}`, () => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    assert.throws(() => parse(changed), { code: 'proof-malformed', message, hint: /onionmx proof make/ });
  });
}

test('another version is said before anything else of it is read', () => {
  const newer = { code: 'proof-other-version', message: /version 2, only 1/ };
  assert.throws(() => parse('onionmx-proof 2\nsomething else\n'), newer);
  assert.throws(() => parse(text.replace('proof 1', 'proof 2')), newer);
});

const domains = fc
  .uniqueArray(
    fc.domain().map((name) => name.toLowerCase()),
    { minLength: 1, maxLength: 8 },
  )
  .map((names) => names.map(parseDomainName));
const statements = fc
  .record({
    domains,
    ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 8 }),
    issuedSeconds: fc.integer({ min: 0, max: 253_402_200_000 }),
    life: fc.integer({ min: 1, max: 99_999 }),
  })
  .map(({ life, ...said }) =>
    composeStatement({ ...makeStatement(said), expiresSeconds: said.issuedSeconds + life }),
  );
const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((octets) => Buffer.from(octets));

test('round trip', () => {
  fc.assert(
    fc.property(statements, signatures, (statement, signature) => {
      assert.deepEqual(parse(formatProof({ statement, signature })), { statement, signature });
    }),
  );
});

test('whatever is read is in its one spelling', () => {
  const cuts = fc.tuple(fc.nat(text.length), fc.nat(3), fc.string({ unit: 'binary-ascii', maxLength: 3 }));
  fc.assert(
    fc.property(cuts, ([at, removed, added]) => {
      const changed = `${text.slice(0, at)}${added}${text.slice(at + removed)}`;
      try {
        assert.equal(formatProof(parse(changed)), changed);
      } catch (error) {
        assert.ok(error instanceof OnionmxError);
        assert.ok(['proof-malformed', 'proof-other-version'].includes(error.code), error.code);
      }
    }),
    { numRuns: 1000 },
  );
});

test('any octets: an error of ours, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (octets) => {
      assert.throws(() => parseProof(octets), { code: 'proof-malformed' });
    }),
  );
});

test('the longest name and address in errors stay one line', () => {
  const changed = text.replace('example.net', `${makeOnionAddress(2)}.`.repeat(40));
  assert.throws(
    () => parse(changed),
    (error) => error instanceof OnionmxError && !error.message.includes('\n'),
  );
});
