import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followChain, lastName, startChain } from '../../src/protocol/dns-chain.ts';
import { type DnsName, toDnsName } from '../../src/protocol/dns-name.ts';
import type { AliasRecord, SrvRecord } from '../../src/protocol/dns-records.ts';
import type { DnsResponse } from '../../src/protocol/dns-response.ts';

function dnsName(text: string): DnsName {
  const name = toDnsName(text);
  assert.ok(name !== undefined);
  return name;
}

const alias = (owner: string, target: string, ttlSeconds = 300): AliasRecord => ({
  owner,
  target,
  ttlSeconds,
});
const service = (owner: string, ttlSeconds = 300): SrvRecord => ({
  owner,
  ttlSeconds,
  target: 'x.onion',
  priority: 0,
  weight: 0,
  port: 25,
});

function responseWith(
  aliases: readonly AliasRecord[],
  records: readonly SrvRecord[] = [],
): DnsResponse<'SRV'> {
  return {
    rcode: 0,
    isAuthenticated: false,
    isFromResolver: true,
    aliases,
    records,
    negativeTtlSeconds: undefined,
    extendedErrors: [],
  };
}

const start = startChain(dnsName('a.test'));

test('records of the name itself are taken, those of another name are not', () => {
  const end = followChain(responseWith([], [service('b.test'), service('a.test', 60)]), start);
  assert.ok(end.kind === 'records');
  assert.deepEqual(end.records, [service('a.test', 60)]);
  assert.equal(end.chain.ttlSeconds, 60);
});

test('a chain in any order is followed, and the smallest TTL counts', () => {
  const end = followChain(
    responseWith([alias('b.test', 'C.test', 20), alias('a.test', 'b.test', 30)], [service('c.test', 40)]),
    start,
  );
  assert.equal(end.kind, 'records');
  assert.deepEqual(end.chain, { names: ['a.test', 'b.test', 'c.test'], ttlSeconds: 20 });
});

test('a chain that ends early says so, and where', () => {
  const end = followChain(responseWith([alias('a.test', 'b.test')]), start);
  assert.equal(end.kind, 'silent');
  assert.equal(lastName(end.chain), 'b.test');
});

test('a response about other names says nothing', () => {
  assert.deepEqual(followChain(responseWith([alias('z.test', 'b.test')], [service('b.test')]), start), {
    kind: 'silent',
    chain: start,
  });
});

const deadEnds: readonly (readonly [target: string, shown: string, reason: RegExp])[] = [
  ['secret.onion', 'secret.onion', /under \.onion is not followed/],
  ['SECRET.ONION', 'SECRET.ONION', /under \.onion is not followed/],
  ['onion', 'onion', /under \.onion is not followed/],
  ['secret.onion.', 'secret.onion.', /no host name/],
  ['.', '.', /no host name/],
  ['b\u001b[2J.test', 'b?[2J.test', /no host name/],
];

for (const [target, shown, reason] of deadEnds) {
  test(`a CNAME to ${JSON.stringify(target)} is a dead end`, () => {
    const end = followChain(responseWith([alias('a.test', target)]), start);
    assert.ok(end.kind === 'dead-end');
    assert.equal(end.target, shown);
    assert.match(end.reason, reason);
  });
}

for (const [why, aliases] of [
  ['to itself', [alias('a.test', 'A.test')]],
  ['over another name', [alias('a.test', 'b.test'), alias('b.test', 'a.test')]],
  ['that the first name is not part of', [alias('a.test', 'b.test'), alias('b.test', 'b.test')]],
] as const) {
  test(`a loop ${why} is found`, () => {
    const end = followChain(responseWith(aliases), start);
    assert.ok(end.kind === 'too-long');
    assert.match(end.reason, /the CNAMEs loop at [ab]\.test/);
  });
}

function chainOf(length: number): DnsResponse<'SRV'> {
  const names = ['a.test', ...Array.from({ length }, (_, index) => `n${index}.test`)];
  const aliases = names.slice(1).map((target, index) => alias(names[index] ?? '', target));
  return responseWith(aliases, [service(names.at(-1) ?? '')]);
}

test('eight CNAMEs are followed, nine are not', () => {
  assert.equal(followChain(chainOf(8), start).kind, 'records');
  const end = followChain(chainOf(9), start);
  assert.ok(end.kind === 'too-long');
  assert.match(end.reason, /more than 8 CNAMEs/);
});
