import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDnsClient } from '../../src/net/dns-client.ts';
import { parseResolverAddress } from '../../src/protocol/dns-resolver-address.ts';
import { replyTo } from '../dns-replies.ts';
import { startFakeDns } from '../fake-dns-server.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { failsWith, longMs, question, shortMs } from './dns-questions.ts';
import { startFakeDnsOverHttps } from './fake-dns-https.ts';

const asked = question();
const createClient = () => createDnsClient({ ca: authority });
const answer = (query: Buffer) => ({ body: replyTo(query) });

test('a question is a POST with the id 0, padded, and nothing in the address tells what is asked', async (t) => {
  const server = await startFakeDnsOverHttps(t, answer);
  const reply = await createClient().ask(server, asked, longMs);
  const [request] = server.asked;
  assert.ok(request !== undefined);
  const { headers, query } = request;
  assert.deepEqual(
    [headers[':method'], headers[':path'], headers['content-type'], headers.accept],
    ['POST', '/dns-query', 'application/dns-message', 'application/dns-message'],
  );
  assert.equal(headers[':authority'], `example.org:${server.address.port}`);
  assert.equal(headers['user-agent'], undefined);
  assert.deepEqual([query.readUInt16BE(0), query.length], [0, 128]);
  assert.deepEqual(reply, replyTo(query));
});

test('questions share a connection, also at a time', async (t) => {
  const server = await startFakeDnsOverHttps(t, answer);
  const client = createClient();
  await Promise.all([1, 2, 3].map((count) => client.ask(server, question(`n${count}.test`), longMs)));
  await client.ask(server, asked, longMs);
  assert.deepEqual([server.asked.length, server.sessions.length], [4, 1]);
});

test('a connection that the server has closed is opened anew', async (t) => {
  const server = await startFakeDnsOverHttps(t, answer);
  const client = createClient();
  await client.ask(server, asked, longMs);
  server.sessions[0]?.destroy();
  await client.ask(server, asked, longMs);
  assert.deepEqual([server.asked.length, server.sessions.length], [2, 2]);
});

test('after a question without an answer the next one takes a new connection', async (t) => {
  let count = 0;
  const server = await startFakeDnsOverHttps(t, (query) => (++count === 1 ? undefined : answer(query)));
  const client = createClient();
  await client.ask(server, asked, 200).then(
    () => assert.fail('there was no answer'),
    (error: unknown) => assert.ok(failsWith('connection-timeout', /did not answer within/)(error)),
  );
  await client.ask(server, asked, longMs);
  assert.equal(server.sessions.length, 2);
});

const other = (query: Buffer) => ({ body: replyTo(query.fill('x', 13, 14)) });
const refusals: readonly (readonly [what: string, respond: typeof answer, message: RegExp])[] = [
  ['another path', () => ({ status: 404, body: Buffer.alloc(0) }), /HTTP status 404, which is no DNS answer/],
  ['a redirect', () => ({ status: 301, body: Buffer.alloc(0) }), /HTTP status 301/],
  ['a web page', () => ({ type: 'text/html', body: Buffer.from('<p>') }), /the media type "text\/html"/],
  ['a body without end', () => ({ body: Buffer.alloc(20_000) }), /more than 16384 octets/],
  ['the answer to another question', other, /did not answer the question over HTTPS/],
  ['garbage', () => ({ body: Buffer.from('garbage') }), /did not answer the question over HTTPS/],
];

for (const [what, respond, message] of refusals) {
  test(`${what} is dns-malformed`, async (t) => {
    const server = await startFakeDnsOverHttps(t, respond);
    await assert.rejects(createClient().ask(server, asked, longMs), failsWith('dns-malformed', message));
  });
}

test('the certificate is checked, and nothing is asked of a stranger', async (t) => {
  const server = await startFakeDnsOverHttps(t, answer);
  const address = parseResolverAddress(`https://127.0.0.1:${server.address.port}/dns-query#dns.example`);
  await assert.rejects(
    createClient().ask({ address }, asked, longMs),
    failsWith('tls-failed', /no TLS with dns\.example: .*does not match certificate/),
  );
  await assert.rejects(
    createDnsClient().ask(server, asked, longMs),
    failsWith('tls-failed', /unable to verify/),
  );
  assert.deepEqual(server.asked, []);
});

test('a server that speaks TLS and no HTTP/2', async (t) => {
  const tls = { key: serverKey, cert: serverCertificate };
  const { port } = await startFakeDns(t, { udp: () => [], tls });
  const address = parseResolverAddress(`https://127.0.0.1:${port}/dns-query#example.org`);
  await assert.rejects(
    createClient().ask({ address }, asked, longMs),
    failsWith('dns-malformed', /does not speak HTTP\/2/),
  );
});

test('a server that goes away while a question waits', async (t) => {
  const server = await startFakeDnsOverHttps(t, () => {
    server.sessions[0]?.destroy();
    return undefined;
  });
  await assert.rejects(
    createClient().ask(server, asked, shortMs * 100),
    failsWith('connection-lost', /closed before its answer was whole/),
  );
});
