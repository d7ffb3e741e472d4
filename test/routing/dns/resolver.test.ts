import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from 'dns-packet';
import { encodeDnsFrame } from '../../../src/protocol/dns-frame.ts';
import { type DnsName, toDnsName } from '../../../src/protocol/dns-name.ts';
import { parseResolverAddress } from '../../../src/protocol/dns-resolver-address.ts';
import { createResolver } from '../../../src/routing/dns/resolver.ts';
import { cname, type ReplyOptions, replyTo, soa, srv } from '../../dns-replies.ts';
import { type FakeDnsServer, findClosedPort, startFakeDns } from '../../fake-dns-server.ts';
import { serverCertificate, serverKey } from '../../made-up-certificates.ts';

function dnsName(text: string): DnsName {
  const name = toDnsName(text);
  assert.ok(name !== undefined);
  return name;
}

const name = dnsName('_onion-mx._tcp.example.org');
const target = 'target.test';
const good: ReplyOptions = { answers: [srv(name, target)] };

type ResolverOptions = Parameters<typeof createResolver>[0];
type Servers = ResolverOptions['servers'];

function lookup(servers: Servers, change: Partial<ResolverOptions> = {}, asked = name) {
  const options = {
    servers,
    timeoutMs: 5000,
    torTimeoutMs: 5000,
    tries: 2,
    trustAd: 'loopback',
    now: () => 0,
  } as const;
  return createResolver({ ...options, ...change }).lookup(asked, 'SRV');
}

type WithAfter = Parameters<typeof startFakeDns>[0];

const serve = (t: WithAfter, reply: ReplyOptions) =>
  startFakeDns(t, { udp: (query) => [replyTo(query, reply)] });
const serveNothing = (t: WithAfter) => startFakeDns(t, { udp: () => [] });

/** Answers each name by its own records alone. */
const serveZone = (t: WithAfter, zone: Readonly<Record<string, ReplyOptions>>) =>
  startFakeDns(t, { udp: (query, asked) => [replyTo(query, zone[asked.name] ?? { rcode: 3 })] });

const findClosedServer = async () => ({
  address: parseResolverAddress(`127.0.0.1:${await findClosedPort()}`),
});

const text = ({ host, port }: FakeDnsServer) => `${host}:${port}`;

test('records come with TTL and resolver', async (t) => {
  const server = await serve(t, { answers: [srv(name, target, { ttl: 77 })] });
  const found = await lookup([server]);
  assert.ok(found.kind === 'records');
  assert.equal(found.records[0]?.target, target);
  const { authenticated, ttlSeconds, resolver, chain } = found;
  assert.deepEqual([authenticated, ttlSeconds, resolver, chain], [false, 77, text(server), []]);
});

test('the id of a query cannot be guessed from the one before', async (t) => {
  const server = await serve(t, good);
  for (let count = 0; count < 16; count++) await lookup([server]);
  const steps = server.asked.slice(1).map(({ id }, index) => id - (server.asked[index]?.id ?? 0));
  assert.ok(new Set(steps).size > 8, `the ids differ by ${steps.join(', ')}`);
});

for (const [why, rcode] of [
  ['nxdomain', 3],
  ['no-data', 0],
] as const) {
  test(`${why} holds as long as the SOA says (RFC 2308)`, async (t) => {
    const server = await serve(t, { rcode, authorities: [soa('example.org', 900, 120)] });
    const answer = await lookup([server]);
    assert.ok(answer.kind === 'none');
    assert.deepEqual([answer.why, answer.ttlSeconds], [why, 120]);
  });

  test(`${why} without a SOA must not be kept`, async (t) => {
    const answer = await lookup([await serve(t, { rcode })]);
    assert.ok(answer.kind === 'none');
    assert.deepEqual([answer.why, answer.ttlSeconds], [why, 0]);
  });
}

test('a truncated answer is read over TCP', async (t) => {
  const server = await startFakeDns(t, {
    udp: (query) => [replyTo(query, { flags: ['TC'] })],
    tcp: (query) => [encodeDnsFrame(replyTo(query, good))],
  });
  assert.equal((await lookup([server])).kind, 'records');
});

const failures: readonly (readonly [what: string, reply: ReplyOptions, why: string, detail: RegExp])[] = [
  ['SERVFAIL', { rcode: 2 }, 'servfail', /SERVFAIL$/],
  [
    'SERVFAIL with another extended error',
    { rcode: 2, extendedError: 22 },
    'servfail',
    /SERVFAIL, extended error 22 because/,
  ],
  [
    'SERVFAIL with "DNSSEC Bogus"',
    { rcode: 2, extendedError: 6 },
    'bogus',
    /SERVFAIL, extended error 6 because/,
  ],
  ['SERVFAIL with "NSEC Missing"', { rcode: 2, extendedError: 12 }, 'bogus', /extended error 12/],
  ['REFUSED', { rcode: 5 }, 'refused', /REFUSED/],
  ['FORMERR', { rcode: 1 }, 'servfail', /FORMERR/],
  ['BADVERS', { rcode: 16 }, 'servfail', /BADVERS/],
  ['an rcode without a name', { rcode: 11 }, 'servfail', /RCODE 11/],
  ['an empty answer of a server that does not recurse', { without: 'RA' }, 'refused', /does not recurse/],
];

for (const [what, reply, why, detail] of failures) {
  test(`${what} is the failure "${why}", and is not asked for again`, async (t) => {
    const server = await serve(t, reply);
    const answer = await lookup([server]);
    assert.ok(answer.kind === 'failed');
    assert.equal(answer.why, why);
    assert.match(answer.detail, detail);
    assert.equal(answer.resolver, text(server));
    assert.equal(server.asked.length, 1);
  });
}

test('a silent resolver is asked as often as configured, then it is a timeout', async (t) => {
  const server = await serveNothing(t);
  const answer = await lookup([server], { timeoutMs: 100, tries: 3 });
  assert.equal(answer.kind === 'failed' && answer.why, 'timeout');
  assert.equal(server.asked.length, 3);
});

test('nobody at the port is "unreachable"', async () => {
  const answer = await lookup([await findClosedServer()]);
  assert.equal(answer.kind === 'failed' && answer.why, 'unreachable');
});

test('an answer that cannot be read is "malformed"', async (t) => {
  const server = await startFakeDns(t, { udp: (query) => [replyTo(query, good).subarray(0, 60)] });
  const answer = await lookup([server]);
  assert.equal(answer.kind === 'failed' && answer.why, 'malformed');
});

test('a TCP connection that is closed early is "unreachable"', async (t) => {
  const server = await startFakeDns(t, { udp: (query) => [replyTo(query, { flags: ['TC'] })] });
  const answer = await lookup([server]);
  assert.equal(answer.kind === 'failed' && answer.why, 'unreachable');
});

test('no resolver at all is a failure too', async () => {
  assert.deepEqual(await lookup([]), {
    kind: 'failed',
    why: 'unreachable',
    detail: 'no resolver is configured',
    resolver: 'none',
  });
});

for (const [what, reply] of [
  ['SERVFAIL', { rcode: 2 }],
  ['REFUSED', { rcode: 5 }],
] as const) {
  test(`after ${what} the second resolver is asked`, async (t) => {
    const [bad, second] = [await serve(t, reply), await serve(t, good)];
    const answer = await lookup([bad, second]);
    assert.equal(answer.kind, 'records');
    assert.equal(answer.resolver, text(second));
  });
}

test('after a timeout the second resolver is asked', async (t) => {
  const answer = await lookup([await serveNothing(t), await serve(t, good)], { timeoutMs: 500 });
  assert.equal(answer.kind, 'records');
});

test('after a refused connection the second resolver is asked', async (t) => {
  const closed = await findClosedServer();
  assert.equal((await lookup([closed, await serve(t, good)])).kind, 'records');
});

const noTor = { kind: 'unix', path: '/nowhere/socks' } as const;
const behindTor = { address: parseResolverAddress('tor+tls://dns.example'), socks: noTor };

test('a resolver behind a Tor that is not there is "unreachable", and nobody else is asked', async () => {
  const answer = await lookup([behindTor]);
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.why, 'unreachable');
  assert.match(answer.detail, /^tor\+tls:\/\/dns\.example:853: cannot reach Tor at unix:\/nowhere\/socks/);
});

test('after it the one that the list has next is asked', async (t) => {
  const second = await serve(t, good);
  const answer = await lookup([behindTor, second]);
  assert.ok(answer.kind === 'records');
  assert.equal(answer.resolver, text(second));
});

test('a certificate that cannot be checked is "tls-failed"', async (t) => {
  const tls = { key: serverKey, cert: serverCertificate };
  const { port } = await startFakeDns(t, { udp: () => [], tls });
  const answer = await lookup([{ address: parseResolverAddress(`tls://127.0.0.1:${port}#example.org`) }]);
  assert.equal(answer.kind === 'failed' && answer.why, 'tls-failed');
});

test('after "bogus" no other resolver is asked: it could serve the forged data', async (t) => {
  const [validating, credulous] = [await serve(t, { rcode: 2, extendedError: 7 }), await serve(t, good)];
  const answer = await lookup([validating, credulous]);
  assert.equal(answer.kind === 'failed' && answer.why, 'bogus');
  assert.deepEqual(credulous.asked, []);
});

test('of several failures the most telling is reported, and all are in the detail', async (t) => {
  const [silent, broken] = [await serveNothing(t), await serve(t, { rcode: 2 })];
  const answer = await lookup([silent, broken], { timeoutMs: 300 });
  assert.ok(answer.kind === 'failed');
  assert.deepEqual([answer.why, answer.resolver], ['servfail', text(broken)]);
  assert.match(answer.detail, /^127\.0\.0\.1:\d+ did not answer within 300 ms; 127\.0\.0\.1:\d+: SERVFAIL$/);
  assert.deepEqual([silent.asked.length, broken.asked.length], [2, 1]);
});

test('a whole lookup ends after thirty seconds, whatever the resolvers do', async (t) => {
  const server = await serveZone(t, { [name]: { answers: [cname(name, 'b.test')] } });
  const clock = [0, 29_000, 31_000, 31_000];
  const answer = await lookup([server], { now: () => clock.shift() ?? 31_000 });
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.why, 'timeout');
  assert.match(answer.detail, /no time left/);
  assert.equal(server.asked.length, 1);
});

test('a CNAME chain within one answer is followed', async (t) => {
  const answers: Answer[] = [cname(name, 'b.test', 50), cname('b.test', 'c.test', 40), srv('c.test', target)];
  const server = await serve(t, { answers });
  const found = await lookup([server]);
  assert.ok(found.kind === 'records');
  assert.deepEqual([found.chain, found.ttlSeconds], [['b.test', 'c.test'], 40]);
  assert.equal(server.asked.length, 1);
});

test('where the resolver gives a part of the chain, the rest is asked for', async (t) => {
  const server = await serveZone(t, {
    [name]: { answers: [cname(name, 'b.test')] },
    'b.test': { answers: [cname('b.test', 'c.test')] },
    'c.test': { answers: [srv('c.test', target)] },
  });
  const found = await lookup([server]);
  assert.equal(found.kind, 'records');
  assert.deepEqual(
    server.asked.map((question) => question.name),
    [name, 'b.test', 'c.test'],
  );
});

test('no data at the end of a chain is told apart from a part of a chain', async (t) => {
  const reply = { answers: [cname(name, 'b.test', 30)], authorities: [soa('b.test', 60, 60)] };
  const server = await serve(t, reply);
  const answer = await lookup([server]);
  assert.ok(answer.kind === 'none');
  assert.deepEqual([answer.why, answer.ttlSeconds, answer.chain], ['no-data', 30, ['b.test']]);
  assert.equal(server.asked.length, 1);
});

test('NXDOMAIN is about the end of the chain (RFC 6604)', async (t) => {
  const server = await serve(t, { rcode: 3, answers: [cname(name, 'b.test')] });
  const answer = await lookup([server]);
  assert.equal(answer.kind === 'none' && answer.why, 'nxdomain');
  assert.equal(server.asked.length, 1);
});

test('a loop that only shows over several answers is found', async (t) => {
  const server = await serveZone(t, {
    [name]: { answers: [cname(name, 'b.test')] },
    'b.test': { answers: [cname('b.test', name)] },
  });
  const answer = await lookup([server]);
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.why, 'chain-too-long');
  assert.match(answer.detail, /loop at _onion-mx\._tcp\.example\.org/);
});

test('the limit holds over several answers', async (t) => {
  const server = await startFakeDns(t, {
    udp: (query, asked) => [replyTo(query, { answers: [cname(asked.name, `x.${asked.name}`)] })],
  });
  const answer = await lookup([server]);
  assert.equal(answer.kind === 'failed' && answer.why, 'chain-too-long');
  assert.equal(server.asked.length, 9);
});

test('a CNAME to a name under .onion is a dead end, and is never asked', async (t) => {
  const server = await serve(t, { answers: [cname(name, 'Secret.Onion', 90)] });
  const answer = await lookup([server]);
  assert.ok(answer.kind === 'dead-end');
  assert.deepEqual([answer.target, answer.ttlSeconds], ['Secret.Onion', 90]);
  assert.equal(server.asked.length, 1);
});

test('a name under .onion is a bug, and no resolver hears of it', async (t) => {
  const server = await serve(t, good);
  await assert.rejects(lookup([server], {}, dnsName('_onion-mx._tcp.secret.onion')), { code: 'bug' });
  assert.deepEqual(server.asked, []);
});

const partly = { [name]: { flags: ['AD'], answers: [cname(name, 'b.test')] } } as const;
const end = { answers: [srv('b.test', target)] };
const adRows: readonly (readonly [
  why: string,
  zone: Readonly<Record<string, ReplyOptions>>,
  trustAd: ResolverOptions['trustAd'],
  authenticated: boolean,
])[] = [
  ['AD of a loopback resolver', { [name]: { ...good, flags: ['AD'] } }, 'loopback', true],
  ['AD, always trusted', { [name]: { ...good, flags: ['AD'] } }, 'always', true],
  ['AD, never trusted', { [name]: { ...good, flags: ['AD'] } }, 'never', false],
  ['no AD', { [name]: good }, 'always', false],
  ['AD in every part of a chain', { ...partly, 'b.test': { ...end, flags: ['AD'] } }, 'loopback', true],
  ['AD in the first part only', { ...partly, 'b.test': end }, 'loopback', false],
  [
    'AD in the last part only',
    { [name]: { answers: [cname(name, 'b.test')] }, 'b.test': { ...end, flags: ['AD'] } },
    'loopback',
    false,
  ],
];

for (const [why, zone, trustAd, authenticated] of adRows) {
  test(`${why}: ${authenticated ? '' : 'not '}authenticated`, async (t) => {
    const found = await lookup([await serveZone(t, zone)], { trustAd });
    assert.ok(found.kind === 'records');
    assert.equal(found.authenticated, authenticated);
  });
}
