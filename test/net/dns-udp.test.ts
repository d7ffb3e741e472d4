import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { createDnsClient } from '../../src/net/dns-client.ts';
import { encodeDnsFrame } from '../../src/protocol/dns-frame.ts';
import { encodeDnsQuery } from '../../src/protocol/dns-query.ts';
import { parseResolverAddress } from '../../src/protocol/dns-resolver-address.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';
import { replyTo, srv } from '../dns-replies.ts';
import { type FakeDnsServer, findClosedPort, startFakeDns } from '../fake-dns-server.ts';
import { failsWith, longMs, question, shortMs } from './dns-questions.ts';

const asked = question();
const ask = (server: Pick<FakeDnsServer, 'address'>, timeoutMs = longMs) =>
  createDnsClient().ask(server, asked, timeoutMs);

test('the answer comes back as it was sent', async (t) => {
  const sent: Buffer[] = [];
  const server = await startFakeDns(t, {
    udp: (query) => {
      sent.push(replyTo(query, { rcode: 3 }));
      return sent;
    },
  });
  assert.deepEqual(await ask(server), sent[0]);
  assert.deepEqual(
    server.asked.map(({ via, name }) => [via, name]),
    [['udp', asked.name]],
  );
});

test('each query leaves from a port of its own, and none is padded', async (t) => {
  const server = await startFakeDns(t, { udp: (query) => [replyTo(query)] });
  const client = createDnsClient();
  await Promise.all(Array.from({ length: 8 }, () => client.ask(server, asked, longMs)));
  assert.equal(new Set(server.asked.map(({ port }) => port)).size, 8);
  assert.deepEqual(
    new Set(server.asked.map(({ octets }) => octets)),
    new Set([encodeDnsQuery(asked, 0).length]),
  );
});

const strays: readonly (readonly [what: string, stray: (query: Buffer) => Buffer])[] = [
  ['a wrong id', (query) => replyTo(encodeDnsQuery(asked, query.readUInt16BE(0) ^ 1), { rcode: 3 })],
  [
    'a wrong question',
    (query) => replyTo(encodeDnsQuery(question('other.example.org'), query.readUInt16BE(0)), { rcode: 3 }),
  ],
  ['another type', (query) => replyTo(encodeDnsQuery({ ...asked, type: 'TXT' }, query.readUInt16BE(0)))],
  ['the query itself', (query) => query],
  ['garbage', () => Buffer.from('no DNS at all')],
  ['an empty datagram', () => Buffer.alloc(0)],
];

for (const [what, stray] of strays) {
  test(`${what} is ignored, and the answer behind it is taken`, async (t) => {
    const server = await startFakeDns(t, {
      udp: (query) => [stray(query), replyTo(query, { flags: ['AD'] })],
    });
    assert.equal((await ask(server)).readUInt8(3) & 0x20, 0x20);
  });
}

test('strays alone are no answer', async (t) => {
  const server = await startFakeDns(t, { udp: (query) => strays.map(([, stray]) => stray(query)) });
  await assert.rejects(
    ask(server, shortMs),
    failsWith('connection-timeout', /127\.0\.0\.1:\d+ did not answer within 50 ms/),
  );
});

test('a forged answer from another address does not arrive', async (t) => {
  const forger = createSocket('udp4');
  t.after(() => forger.close());
  const server = await startFakeDns(t, {
    udp: (query, { port }) => {
      forger.send(replyTo(query, { rcode: 3 }), port, '127.0.0.1');
      return [];
    },
  });
  await assert.rejects(ask(server, shortMs), failsWith('connection-timeout', /did not answer/));
});

test('a port where nobody listens is known at once', async () => {
  const address = parseResolverAddress(`127.0.0.1:${await findClosedPort()}`);
  await assert.rejects(
    ask({ address }),
    failsWith('connect-failed', /cannot ask 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
  );
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

test('IPv6 servers are asked too', { skip: hasIpv6 ? false : 'this host has no ::1' }, async (t) => {
  const server = await startFakeDns(t, { host: '::1', udp: (query) => [replyTo(query)] });
  assert.ok((await ask(server)).length > 0);
});

const answers = Array.from({ length: 40 }, (_, index) => srv(asked.name, `t${index}.test`));

for (const size of chunkSizes) {
  test(`a truncated answer is asked for again over TCP, and read in chunks of ${size}`, async (t) => {
    const whole: Buffer[] = [];
    const server = await startFakeDns(t, {
      udp: (query) => [replyTo(query, { flags: ['TC'] }).subarray(0, 50)],
      tcp: (query) => {
        whole.push(replyTo(query, { answers }));
        return whole.flatMap((reply) => cutIntoChunks(encodeDnsFrame(reply), size));
      },
    });
    assert.deepEqual(await ask(server), whole[0]);
    assert.deepEqual(
      server.asked.map(({ via }) => via),
      ['udp', 'tcp'],
    );
  });
}
