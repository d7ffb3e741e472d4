import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import type { DnsName } from '../../../src/protocol/dns-name.ts';
import type { SrvRecord } from '../../../src/protocol/dns-records.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { createResolver, type Lookup } from '../../../src/routing/dns/resolver.ts';
import { createSrvDiscovery, type SrvAnswer } from '../../../src/routing/dns/srv-discovery.ts';
import { replyTo, srv } from '../../dns-replies.ts';
import { startFakeDns } from '../../fake-dns-server.ts';
import { makeExchanger, makeOnionAddress } from '../../made-up-onions.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const provenance = { authenticated: true, ttlSeconds: 60, resolver: '127.0.0.1:53', chain: ['b.test'] };

function record(target: string, change: Partial<SrvRecord> = {}): SrvRecord {
  return { owner: 'b.test', ttlSeconds: 60, priority: 0, weight: 0, port: 25, target, ...change };
}

function discoverWith(lookup: (name: DnsName) => Promise<Lookup<'SRV'>>, now = () => 0) {
  const discover = createSrvDiscovery({ resolver: { lookup }, cacheEntries: 10, now });
  return (domain: string) => discover(parseDomainName(domain));
}

const discoverRecords = (records: readonly SrvRecord[]): Promise<SrvAnswer> =>
  discoverWith(async () => ({ kind: 'records', records, ...provenance }))('example.org');

test('exchangers are found with their preferences, most preferred first', async () => {
  const records = [record(two, { priority: 20, weight: 5, port: 26 }), record(one, { priority: 10 })];
  assert.deepEqual(await discoverRecords(records), {
    kind: 'found',
    exchangers: [makeExchanger(1, { priority: 10 }), makeExchanger(2, { priority: 20, weight: 5, port: 26 })],
    ignored: [],
    ...provenance,
  });
});

test('a subdomain belongs to its onion address, in any case', async () => {
  const answer = await discoverRecords([record(`Mail.${one.toUpperCase()}`), record(one)]);
  assert.ok(answer.kind === 'found');
  assert.deepEqual(answer.exchangers, [makeExchanger(1)]);
});

const typo = `${one.startsWith('a') ? 'b' : 'a'}${one.slice(1)}`;
const ignoredRows: readonly (readonly [why: string, record: SrvRecord, target: string, reason: RegExp])[] = [
  ['a clear-net host', record('MX.example.org'), 'mx.example.org', /is not under \.onion/],
  ['a version 2 address', record('expyuzz4wqqyqhjn.onion'), 'expyuzz4wqqyqhjn.onion', /version 2/],
  ['a mistyped address', record(typo), typo, /wrong checksum/],
  ['a short address', record('abc.onion'), 'abc.onion', /has 3 characters/],
  ['port 0', record(two, { port: 0 }), two, /its port is 0/],
  ['a dot beside other targets', record('.'), '.', /no host name/],
  ['escape sequences', record('a\u001b[31m.onion'), 'a?[31m.onion', /no host name/],
];

for (const [why, bad, target, reason] of ignoredRows) {
  test(`${why} is ignored with its reason, and the rest is used`, async () => {
    const answer = await discoverRecords([bad, record(one)]);
    assert.ok(answer.kind === 'found');
    assert.deepEqual(answer.exchangers, [makeExchanger(1)]);
    assert.deepEqual(
      answer.ignored.map((ignored) => ignored.target),
      [target],
    );
    assert.match(answer.ignored[0]?.reason ?? '', reason);
  });
}

test('nothing but targets to ignore is "no-valid-target"', async () => {
  const answer = await discoverRecords([record('mx.example.org'), record('.')]);
  assert.ok(answer.kind === 'none');
  assert.equal(answer.why, 'no-valid-target');
  assert.equal(answer.ignored.length, 2);
});

test('a sole dot is "target-dot" (RFC 2782)', async () => {
  const answer = await discoverRecords([record('.', { port: 0 })]);
  assert.deepEqual(answer, { kind: 'none', why: 'target-dot', ignored: [], ...provenance });
});

test('of very many records the most preferred are read, and the answer says so', async () => {
  const many = Array.from({ length: 40 }, (_, index) => record(one, { port: 1000 + index, priority: 1 }));
  const answer = await discoverRecords([...many, record(two, { priority: 0 })]);
  assert.ok(answer.kind === 'found');
  assert.equal(answer.exchangers.length, 32);
  assert.equal(answer.exchangers[0].onionAddress, two);
  assert.deepEqual(answer.ignored, [{ target: '9 more', reason: 'only the first 32 records are read' }]);
});

const lookups: readonly (readonly [why: string, lookup: Lookup<'SRV'>, answer: SrvAnswer])[] = [
  [
    'nxdomain',
    { kind: 'none', why: 'nxdomain', ...provenance },
    { kind: 'none', why: 'nxdomain', ignored: [], ...provenance },
  ],
  [
    'a CNAME that is not followed',
    { kind: 'dead-end', target: 'x.onion', reason: 'not followed', ...provenance },
    {
      kind: 'none',
      why: 'no-valid-target',
      ignored: [{ target: 'x.onion', reason: 'not followed' }],
      ...provenance,
    },
  ],
  [
    'a failure',
    { kind: 'failed', why: 'chain-too-long', detail: 'long', resolver: 'r' },
    { kind: 'failed', why: 'chain-too-long', detail: 'long', resolver: 'r' },
  ],
];

for (const [why, lookup, answer] of lookups) {
  test(`${why} is passed on`, async () => {
    assert.deepEqual(await discoverWith(async () => lookup)('example.org'), answer);
  });
}

for (const [domain, name] of [
  ['Example.ORG', '_onion-mx._tcp.example.org'],
  ['bücher.example', '_onion-mx._tcp.xn--bcher-kva.example'],
] as const) {
  test(`for ${domain} the name ${name} is asked`, async () => {
    const asked: string[] = [];
    const discover = discoverWith(async (question) => {
      asked.push(question);
      return { kind: 'none', why: 'no-data', ...provenance };
    });
    await discover(domain);
    assert.deepEqual(asked, [name]);
  });
}

test('a domain too long for the prefix has no exchangers, and nothing is asked', async () => {
  const discover = discoverWith(async () => assert.fail('asked'));
  const label = 'a'.repeat(63);
  const answer = await discover(`${label}.${label}.${label}.${'b'.repeat(50)}`);
  assert.ok(answer.kind === 'none');
  assert.deepEqual([answer.why, answer.ttlSeconds], ['no-data', 0]);
});

test('what a lookup throws becomes a failure', async () => {
  const discover = discoverWith(async () => {
    throw new OnionmxError('bug', 'x.onion was about to be asked of DNS');
  });
  assert.deepEqual(await discover('x.onion'), {
    kind: 'failed',
    why: 'malformed',
    detail: 'x.onion was about to be asked of DNS',
    resolver: 'none',
  });
});

test('from the wire to the answer, and again out of the cache', async (t) => {
  const server = await startFakeDns(t, {
    udp: (query, { name }) => [replyTo(query, { flags: ['AD'], answers: [srv(name, one, { ttl: 300 })] })],
  });
  let nowMs = 0;
  const now = () => nowMs;
  const options = {
    servers: [server],
    timeoutMs: 5000,
    torTimeoutMs: 5000,
    tries: 2,
    trustAd: 'loopback',
    now,
  } as const;
  const discover = createSrvDiscovery({ resolver: createResolver(options), cacheEntries: 10, now });
  const domain = parseDomainName('example.org');
  const answers = await Promise.all([discover(domain), discover(domain)]);
  nowMs = 100_000;
  const later = await discover(domain);
  assert.deepEqual(
    [...answers, later].map((answer) => answer.kind === 'found' && answer.ttlSeconds),
    [300, 300, 200],
  );
  assert.ok(later.kind === 'found');
  assert.deepEqual([later.exchangers, later.authenticated], [[makeExchanger(1)], true]);
  assert.equal(server.asked.length, 1);
  nowMs = 300_000;
  await discover(domain);
  assert.equal(server.asked.length, 2);
});
