import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDnsClient } from '../../src/net/dns-client.ts';
import type { DnsServer } from '../../src/net/dns-server.ts';
import { encodeDnsFrame } from '../../src/protocol/dns-frame.ts';
import { encodeDnsQuery } from '../../src/protocol/dns-query.ts';
import { parseResolverAddress } from '../../src/protocol/dns-resolver-address.ts';
import { replyTo, srv } from '../dns-replies.ts';
import { type FakeDnsServer, findClosedPort, startFakeDns } from '../fake-dns-server.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { failsWith, longMs, question, shortMs } from './dns-questions.ts';

const asked = question();
const udp = () => assert.fail('asked over UDP');
const answer = (query: Buffer) => [encodeDnsFrame(replyTo(query))];
const tls = { key: serverKey, cert: serverCertificate };
const plain = ({ port }: FakeDnsServer): DnsServer => ({
  address: parseResolverAddress(`tcp://127.0.0.1:${port}`),
});
const secured = ({ port }: FakeDnsServer, name = 'example.org'): DnsServer => ({
  address: parseResolverAddress(`tls://127.0.0.1:${port}#${name}`),
});
const portsOf = ({ asked: questions }: FakeDnsServer) => questions.map(({ port }) => port);

test('questions share a connection, and UDP is never tried', async (t) => {
  const server = await startFakeDns(t, { udp, tcp: answer });
  const client = createDnsClient();
  await client.ask(plain(server), asked, longMs);
  await Promise.all([1, 2, 3].map((count) => client.ask(plain(server), question(`n${count}.test`), longMs)));
  assert.equal(server.asked.length, 4);
  assert.equal(new Set(portsOf(server)).size, 1);
});

test('answers in another order come to those who asked', async (t) => {
  const queries: Buffer[] = [];
  const server = await startFakeDns(t, {
    udp,
    tcp: (query) => {
      queries.push(query);
      return queries.length < 3 ? [] : queries.toReversed().flatMap(answer);
    },
  });
  const client = createDnsClient();
  const names = ['a.test', 'b.test', 'c.test'];
  const replies = await Promise.all(names.map((name) => client.ask(plain(server), question(name), longMs)));
  assert.deepEqual(
    replies.map((reply) => reply.subarray(13, 14).toString()),
    ['a', 'b', 'c'],
  );
  assert.equal(new Set(queries.map((query) => query.readUInt16BE(0))).size, 3);
});

test('a connection that the server has closed is opened anew, once', async (t) => {
  let count = 0;
  const server = await startFakeDns(t, { udp, tcp: (query) => (++count === 2 ? undefined : answer(query)) });
  const client = createDnsClient();
  for (const name of ['a.test', 'b.test']) await client.ask(plain(server), question(name), longMs);
  assert.deepEqual(
    server.asked.map(({ name }) => name),
    ['a.test', 'b.test', 'b.test'],
  );
  assert.equal(new Set(portsOf(server)).size, 2);
});

test('a server that closes each connection is no server', async (t) => {
  const server = await startFakeDns(t, { udp });
  await assert.rejects(
    createDnsClient().ask(plain(server), asked, longMs),
    failsWith('connection-lost', /tcp:\/\/127\.0\.0\.1:\d+ closed before its answer was whole/),
  );
  assert.equal(server.asked.length, 1);
});

test('after a question without an answer the next one takes a new connection', async (t) => {
  let count = 0;
  const server = await startFakeDns(t, { udp, tcp: (query) => (++count === 1 ? [] : answer(query)) });
  const client = createDnsClient();
  await assert.rejects(
    client.ask(plain(server), asked, shortMs),
    failsWith('connection-timeout', /did not answer within/),
  );
  await client.ask(plain(server), asked, longMs);
  assert.equal(new Set(portsOf(server)).size, 2);
});

test('a late answer disturbs nobody', async (t) => {
  const late: Buffer[] = [];
  const server = await startFakeDns(t, {
    udp,
    tcp: (query, { name }) => {
      if (name === 'slow.test') late.push(...answer(query));
      return name === 'slow.test' ? [] : [...late, ...answer(query)];
    },
  });
  const client = createDnsClient();
  const slow = client.ask(plain(server), question('slow.test'), 500);
  await client.ask(plain(server), question('a.test'), longMs);
  await slow;
  await client.ask(plain(server), question('b.test'), longMs);
  assert.equal(new Set(portsOf(server)).size, 1);
});

const lengthOnly = Buffer.from([0x7f, 0xff]);
const sameId = (query: Buffer, name: string) => encodeDnsQuery(question(name), query.readUInt16BE(0));
const nonsense: readonly (readonly [what: string, chunks: (query: Buffer) => Buffer[], message: RegExp])[] = [
  [
    'answers another question',
    (query) => [encodeDnsFrame(replyTo(sameId(query, 'other.test')))],
    /did not answer the question over TCP/,
  ],
  [
    'truncates',
    (query) => [encodeDnsFrame(replyTo(query, { flags: ['TC'] }))],
    /did not answer the question/,
  ],
  ['sends an empty message', () => [encodeDnsFrame(Buffer.alloc(0))], /sent an answer without an id/],
  ['announces more than is allowed', () => [lengthOnly], /32767 octets, more than the 16384 allowed/],
];

for (const [what, chunks, message] of nonsense) {
  test(`the server ${what}: dns-malformed`, async (t) => {
    const server = await startFakeDns(t, { udp, tcp: chunks });
    await assert.rejects(
      createDnsClient().ask(plain(server), asked, longMs),
      failsWith('dns-malformed', message),
    );
  });
}

for (const [what, chunks] of [
  ['says nothing', () => []],
  ['stops in the middle', (query: Buffer) => answer(query).map((frame) => frame.subarray(0, 20))],
] as const) {
  test(`the server ${what}: connection-timeout`, async (t) => {
    const server = await startFakeDns(t, { udp, tcp: chunks });
    await assert.rejects(
      createDnsClient().ask(plain(server), asked, 200),
      failsWith('connection-timeout', /127\.0\.0\.1:\d+ did not answer within \d+ ms/),
    );
  });
}

test('nobody at the port', async () => {
  const address = parseResolverAddress(`tcp://127.0.0.1:${await findClosedPort()}`);
  await assert.rejects(
    createDnsClient().ask({ address }, asked, longMs),
    failsWith('connect-failed', /ECONNREFUSED/),
  );
});

test('over TLS: the name of the certificate is checked, and queries are padded to 128 octets', async (t) => {
  const answers = [srv(asked.name, 'target.test')];
  const server = await startFakeDns(t, {
    udp,
    tls,
    tcp: (query) => [encodeDnsFrame(replyTo(query, { answers }))],
  });
  const client = createDnsClient({ ca: authority });
  for (const name of [asked.name, 'a.test', `${'long'.repeat(12)}.example.org`])
    await client.ask(secured(server), question(name), longMs);
  assert.deepEqual(
    server.asked.map(({ octets }) => octets),
    [128, 128, 128],
  );
  assert.equal(new Set(portsOf(server)).size, 1);
});

for (const [why, ca, name, message] of [
  ['another name', authority, 'dns.example', /no TLS with dns\.example: .*does not match certificate/],
  ['an authority that nobody knows', undefined, 'example.org', /no TLS with example\.org: unable to verify/],
] as const) {
  test(`over TLS, a certificate by ${why} is refused, and nothing is asked`, async (t) => {
    const server = await startFakeDns(t, { udp, tls, tcp: answer });
    const client = createDnsClient(ca === undefined ? {} : { ca });
    await assert.rejects(client.ask(secured(server, name), asked, longMs), failsWith('tls-failed', message));
    assert.deepEqual(server.asked, []);
  });
}

test('a server without TLS is not asked in plain text instead', async (t) => {
  const server = await startFakeDns(t, { udp, tcp: answer });
  const client = createDnsClient({ ca: authority });
  // the first octets of TLS are no query: the decoder of the fake waits for more of them
  await assert.rejects(
    client.ask(secured(server), asked, 200),
    failsWith('connection-timeout', /did not answer/),
  );
  assert.deepEqual(server.asked, []);
});
