import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import {
  composeStatement,
  formatStatement,
  type ProofStatement,
  supersedes,
} from '../../src/protocol/proof-statement.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { day, makeStatement, net, newYear, org } from './made-up-proofs.ts';

test('one text for one statement, in whatever order it was wanted', () => {
  const wanted = makeStatement({ domains: [org, net, org], ports: [2525, 25, 2525] });
  assert.deepEqual(composeStatement(wanted), makeStatement());
  assert.equal(
    formatStatement(makeStatement()),
    `onionmx-proof 1
onion ${makeOnionAddress(1)}
domain example.net
domain example.org
port 25
port 2525
issued 2026-01-01T00:00:00Z
expires 2026-04-01T00:00:00Z
`,
  );
});

test('ports ascend as numbers, not as texts', () => {
  assert.deepEqual(composeStatement(makeStatement({ ports: [100, 25, 9] })).ports, [9, 25, 100]);
});

function numbered(count: number, letters: string) {
  return Array.from({ length: count }, (_, number) => parseDomainName(`d${number}.${letters}.test`));
}

const longName = ['a', 'b', 'c'].map((letter) => letter.repeat(63)).join('.');

const impossible: readonly [why: string, change: Partial<ProofStatement>, message: RegExp][] = [
  ['no domain', { domains: [] }, /it names no domain/],
  ['too many domains', { domains: numbered(33, 'a') }, /33 domains, 32 at most/],
  ['long names', { domains: numbered(20, longName) }, /\d{4} bytes, 4096 at most/],
  ['an onion address', { domains: [parseDomainName(makeOnionAddress(2))] }, /under \.onion/],
  ['no port', { ports: [] }, /0 ports, 1 to 8/],
  ['too many ports', { ports: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, /9 ports, 1 to 8/],
  ['no time', { expiresSeconds: newYear }, /expires before it is issued/],
  ['too long a life', { expiresSeconds: newYear + 400 * day + 1 }, /more than 400 days/],
  ['parts of seconds', { issuedSeconds: newYear + 0.5 }, /its times/],
  ['the year 10000', { issuedSeconds: 253_402_300_799, expiresSeconds: 253_402_300_800 }, /its times/],
];

for (const [why, change, message] of impossible) {
  test(`no proof can say: ${why}`, () => {
    assert.throws(() => composeStatement(makeStatement(change)), { code: 'proof-impossible', message });
  });
}

test('the most that fits', () => {
  assert.equal(composeStatement(makeStatement({ domains: numbered(32, 'a') })).domains.length, 32);
  const longest = makeStatement({ expiresSeconds: newYear + 400 * day });
  assert.deepEqual(composeStatement(longest), longest);
});

const later = { issuedSeconds: newYear + 1 };

for (const [why, change, expected] of [
  ['a later word of the same onion service', later, true],
  ['also when it names fewer domains', { ...later, domains: [org] }, true],
  ['not when it does not speak of the domain', { ...later, domains: [net] }, false],
  [
    'not of another onion service: a domain may have two',
    { ...later, onionAddress: makeOnionAddress(2) },
    false,
  ],
  ['not of the same second', { ports: [25] }, false],
  ['not an earlier word', { issuedSeconds: newYear - 1 }, false],
] as const) {
  test(`supersedes: ${why}`, () => {
    assert.equal(supersedes(makeStatement(change), makeStatement(), org), expected);
  });
}

test('a word on other domains is not superseded', () => {
  assert.equal(supersedes(makeStatement(later), makeStatement({ domains: [net] }), org), false);
});
