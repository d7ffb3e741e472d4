import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import {
  createDaneSource,
  type DaneAnswer,
  isUsable,
} from '../../../src/routing/tls-policy/tls-policy-dane.ts';
import { createFakeResolver, mx, type Told, tlsa } from '../dns/fake-resolver.ts';

const domain = parseDomainName('b.test');
const signedMx: Told = {
  records: [mx('mx.b.test', 10), mx('backup.c.test', 20)],
  isSigned: true,
  ttlSeconds: 300,
};
const signedTlsa: Told = { records: [tlsa()], isSigned: true, ttlSeconds: 100 };
const noTlsa: Told = { none: 'no-data', isSigned: true, ttlSeconds: 40 };
const [first, second] = ['TLSA _25._tcp.mx.b.test', 'TLSA _25._tcp.backup.c.test'];
const found: DaneAnswer = { kind: 'found', mxName: 'mx.b.test', ttlSeconds: 100 };

const cases: readonly [why: string, answers: Record<string, Told>, answer: DaneAnswer][] = [
  ['all signed', { 'MX b.test': signedMx, [first]: signedTlsa, [second]: noTlsa }, found],
  [
    'the second host alone has it',
    { 'MX b.test': signedMx, [first]: noTlsa, [second]: signedTlsa },
    { ...found, mxName: 'backup.c.test' },
  ],
  [
    'no longer than the MX records hold',
    { 'MX b.test': { ...signedMx, ttlSeconds: 7 }, [first]: signedTlsa },
    { ...found, ttlSeconds: 7 },
  ],
  [
    'MX without DNSSEC: forged ones could name any host',
    { 'MX b.test': { ...signedMx, isSigned: false }, [first]: signedTlsa },
    { kind: 'none', ttlSeconds: 300 },
  ],
  [
    'TLSA without DNSSEC',
    { 'MX b.test': signedMx, [first]: { ...signedTlsa, isSigned: false }, [second]: noTlsa },
    { kind: 'none', ttlSeconds: 40 },
  ],
  [
    'usages of the Web alone',
    { 'MX b.test': signedMx, [first]: { records: [tlsa('1 1 1')], isSigned: true }, [second]: noTlsa },
    { kind: 'none', ttlSeconds: 40 },
  ],
  [
    'one usable record among others',
    {
      'MX b.test': signedMx,
      [first]: { records: [tlsa('0 0 1'), tlsa('2 0 1')], isSigned: true, ttlSeconds: 100 },
    },
    found,
  ],
  [
    'a domain without MX is its own host',
    { 'MX b.test': noTlsa, 'TLSA _25._tcp.b.test': signedTlsa },
    { ...found, mxName: 'b.test', ttlSeconds: 40 },
  ],
  [
    'a domain that is not there',
    { 'MX b.test': { none: 'nxdomain', isSigned: true } },
    { kind: 'none', ttlSeconds: 60 },
  ],
  [
    'it takes no mail (RFC 7505)',
    { 'MX b.test': { records: [mx('.')], isSigned: true } },
    { kind: 'none', ttlSeconds: 60 },
  ],
  [
    'the MX question fails, as where it is blocked or bogus',
    { 'MX b.test': { failed: 'SERVFAIL' } },
    { kind: 'failed', why: 'MX of b.test: SERVFAIL' },
  ],
  [
    'the TLSA question of a signed host fails',
    {
      'MX b.test': signedMx,
      [first]: { failed: 'SERVFAIL' },
      'MX mx.b.test': { none: 'no-data', isSigned: true },
      [second]: noTlsa,
    },
    { kind: 'failed', why: 'TLSA of mx.b.test: SERVFAIL' },
  ],
  [
    'all questions about a host fail',
    {
      'MX b.test': signedMx,
      [first]: { failed: 'timeout' },
      'MX mx.b.test': { failed: 'timeout' },
      [second]: noTlsa,
    },
    { kind: 'failed', why: 'TLSA of mx.b.test: timeout' },
  ],
  [
    'the TLSA question of an unsigned host fails: it could have none (RFC 7672 §2.2.2)',
    {
      'MX b.test': signedMx,
      [first]: { failed: 'SERVFAIL' },
      'MX mx.b.test': { none: 'no-data' },
      [second]: noTlsa,
    },
    { kind: 'none', ttlSeconds: 0 },
  ],
  [
    'one host has it while the other fails',
    {
      'MX b.test': signedMx,
      [first]: signedTlsa,
      [second]: { failed: 'x' },
      'MX backup.c.test': { failed: 'x' },
    },
    found,
  ],
];

for (const [why, answers, answer] of cases) {
  test(`DANE: ${why}`, async () => {
    const resolver = createFakeResolver(answers);
    const ask = createDaneSource({ resolver, cacheEntries: 10, now: () => 0 });
    assert.deepEqual(await ask(domain), answer);
  });
}

test('a name under .onion as a mail host is not asked of DNS, and no host twice', async () => {
  const records = [mx('a.onion'), mx('mx.b.test'), mx('MX.b.test', 5), mx('not a name')];
  const resolver = createFakeResolver({ 'MX b.test': { records, isSigned: true } });
  await createDaneSource({ resolver, cacheEntries: 10, now: () => 0 })(domain);
  assert.deepEqual(resolver.asked, ['MX b.test', first]);
});

test('only the preferred of too many hosts are asked', async () => {
  const records = Array.from({ length: 40 }, (_, index) => mx(`mx${index}.b.test`, 100 - index));
  const resolver = createFakeResolver({ 'MX b.test': { records, isSigned: true } });
  await createDaneSource({ resolver, cacheEntries: 10, now: () => 0 })(domain);
  assert.equal(resolver.asked.length, 1 + 16);
  assert.equal(resolver.asked[1], 'TLSA _25._tcp.mx39.b.test');
});

test('an answer is kept for its time', async () => {
  let nowMs = 0;
  const resolver = createFakeResolver({ 'MX b.test': signedMx, [first]: signedTlsa, [second]: noTlsa });
  const ask = createDaneSource({ resolver, cacheEntries: 10, now: () => nowMs });
  await ask(domain);
  nowMs = 99_000;
  assert.deepEqual(await ask(domain), { ...found, ttlSeconds: 1 });
  assert.equal(resolver.asked.length, 3);
  nowMs = 100_000;
  await ask(domain);
  assert.equal(resolver.asked.length, 6);
});

const usable: readonly [words: string, dataBytes: number, isRight: boolean][] = [
  ['3 1 1', 32, true],
  ['3 0 2', 64, true],
  ['2 0 1', 32, true],
  ['3 0 0', 900, true],
  ['0 0 1', 32, false],
  ['1 1 1', 32, false],
  ['4 1 1', 32, false],
  ['3 2 1', 32, false],
  ['3 1 3', 48, false],
  ['3 1 1', 31, false],
  ['3 1 2', 32, false],
  ['3 1 0', 0, false],
];
for (const [words, dataBytes, isRight] of usable) {
  test(`a TLSA record ${words} with ${dataBytes} octets is ${isRight ? 'usable' : 'of no use'}`, () => {
    const [usage = 0, selector = 0, matchingType = 0] = words.split(' ').map(Number);
    const data = Buffer.alloc(dataBytes);
    assert.equal(isUsable({ owner: 'x', ttlSeconds: 1, usage, selector, matchingType, data }), isRight);
  });
}
