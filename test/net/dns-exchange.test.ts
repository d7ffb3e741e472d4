import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import { exchangeDns, formatDnsServer } from '../../src/net/dns-exchange.ts';
import { encodeDnsFrame } from '../../src/protocol/dns-frame.ts';
import { toDnsName } from '../../src/protocol/dns-name.ts';
import { encodeSrvQuery } from '../../src/protocol/dns-query.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';
import { replyTo, srv } from '../dns-replies.ts';
import { findClosedPort, startFakeDns } from '../fake-dns-server.ts';

const [name, otherName] = [toDnsName('_onion-mx._tcp.example.org'), toDnsName('other.example.org')];
assert.ok(name !== undefined && otherName !== undefined);
const query = encodeSrvQuery(name, 0x1234);
/** For exchanges that must succeed, and for those that must run into it. */
const [longMs, shortMs] = [20_000, 50];
const maxBytes = 4096;

const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof OnionmxError && error.code === code && message.test(error.message);

test('the answer comes back as it was sent', async (t) => {
  const server = await startFakeDns(t, { udp: (asked) => [replyTo(asked, { rcode: 3 })] });
  assert.deepEqual(await exchangeDns(server, query, longMs, maxBytes), replyTo(query, { rcode: 3 }));
  assert.deepEqual(
    server.asked.map(({ via, name: question }) => [via, question]),
    [['udp', name]],
  );
});

test('each query leaves from a port of its own', async (t) => {
  const server = await startFakeDns(t, { udp: (asked) => [replyTo(asked)] });
  await Promise.all(Array.from({ length: 8 }, () => exchangeDns(server, query, longMs, maxBytes)));
  assert.equal(new Set(server.asked.map(({ port }) => port)).size, 8);
});

const strays = [
  ['a wrong id', replyTo(encodeSrvQuery(name, 0x1235), { rcode: 3 })],
  ['a wrong question', replyTo(encodeSrvQuery(otherName, 0x1234), { rcode: 3 })],
  ['the query itself', query],
  ['garbage', Buffer.from('no DNS at all')],
  ['an empty datagram', Buffer.alloc(0)],
] as const;

for (const [what, stray] of strays) {
  test(`${what} is ignored, and the answer behind it is taken`, async (t) => {
    const server = await startFakeDns(t, { udp: (asked) => [stray, replyTo(asked)] });
    assert.deepEqual(await exchangeDns(server, query, longMs, maxBytes), replyTo(query));
  });
}

test('strays alone are no answer', async (t) => {
  const server = await startFakeDns(t, { udp: () => strays.map(([, stray]) => stray) });
  await assert.rejects(
    exchangeDns(server, query, shortMs, maxBytes),
    failsWith('connection-timeout', /127\.0\.0\.1:\d+ did not answer within 50 ms/),
  );
});

test('a forged answer from another address does not arrive', async (t) => {
  const forger = createSocket('udp4');
  t.after(() => forger.close());
  const server = await startFakeDns(t, {
    udp: (_, { port }) => {
      forger.send(replyTo(query, { rcode: 3 }), port, '127.0.0.1');
      return [];
    },
  });
  await assert.rejects(
    exchangeDns(server, query, shortMs, maxBytes),
    failsWith('connection-timeout', /did not answer/),
  );
});

test('a port where nobody listens is known at once', async () => {
  const server = { host: '127.0.0.1', port: await findClosedPort() };
  await assert.rejects(
    exchangeDns(server, query, longMs, maxBytes),
    failsWith('connect-failed', /cannot ask 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
  );
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

test('IPv6 servers are asked too', { skip: hasIpv6 ? false : 'this host has no ::1' }, async (t) => {
  const server = await startFakeDns(t, { host: '::1', udp: (asked) => [replyTo(asked)] });
  assert.deepEqual(await exchangeDns(server, query, longMs, maxBytes), replyTo(query));
});

test('an IPv6 server is written in brackets', () => {
  assert.equal(formatDnsServer({ host: '::1', port: 53 }), '[::1]:53');
});

const whole = replyTo(query, {
  answers: Array.from({ length: 40 }, (_, index) => srv(name, `t${index}.test`)),
});
const truncated = replyTo(query, { flags: ['TC'] });

for (const size of chunkSizes) {
  test(`a truncated answer is asked for again over TCP, and read in chunks of ${size}`, async (t) => {
    const server = await startFakeDns(t, {
      udp: () => [truncated.subarray(0, 50)],
      tcp: () => cutIntoChunks(encodeDnsFrame(whole), size),
    });
    assert.deepEqual(await exchangeDns(server, query, longMs, maxBytes), whole);
    assert.deepEqual(
      server.asked.map(({ via }) => via),
      ['udp', 'tcp'],
    );
  });
}

const lengthOnly = Buffer.from([0x7f, 0xff]);
const brokenStreams: readonly (readonly [
  what: string,
  chunks: readonly Buffer[] | undefined,
  code: string,
  message: RegExp,
])[] = [
  ['closes without a word', undefined, 'connection-lost', /closed before its answer was whole/],
  [
    'answers another query',
    [encodeDnsFrame(replyTo(encodeSrvQuery(name, 1)))],
    'dns-malformed',
    /did not answer the question/,
  ],
  ['truncates again', [encodeDnsFrame(truncated)], 'dns-malformed', /did not answer the question/],
  ['sends garbage', [encodeDnsFrame(Buffer.from('garbage'))], 'dns-malformed', /did not answer the question/],
  [
    'announces more than is allowed',
    [lengthOnly],
    'dns-malformed',
    /32767 octets, more than the 4096 allowed/,
  ],
];

for (const [what, chunks, code, message] of brokenStreams) {
  test(`over TCP the server ${what}: ${code}`, async (t) => {
    const server = await startFakeDns(t, { udp: () => [truncated], tcp: () => chunks });
    await assert.rejects(exchangeDns(server, query, longMs, maxBytes), failsWith(code, message));
  });
}

for (const [what, chunks] of [
  ['says nothing', []],
  ['stops in the middle', [encodeDnsFrame(whole).subarray(0, 100)]],
] as const) {
  test(`over TCP the server ${what}: connection-timeout`, async (t) => {
    const server = await startFakeDns(t, { udp: () => [truncated], tcp: () => chunks });
    await assert.rejects(
      exchangeDns(server, query, 200, maxBytes),
      failsWith('connection-timeout', /127\.0\.0\.1:\d+ /),
    );
  });
}
