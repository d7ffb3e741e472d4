import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';
import { formatGet, HttpBodyDecoder } from '../../src/protocol/http-response.ts';

/** The body as it comes out, whatever the chunks; the connection ends behind the text. */
function decode(text: string, chunkBytes: number, maxBytes = 1000): string {
  const decoder = new HttpBodyDecoder(maxBytes);
  for (const chunk of cutIntoChunks(Buffer.from(text, 'latin1'), chunkBytes)) {
    const body = decoder.take(chunk);
    if (body !== undefined) return body.toString('latin1');
  }
  return decoder.end().toString('latin1');
}

test('the request says nothing of us', () => {
  assert.equal(
    formatGet('a.test:81', '/m.yml?x'),
    'GET /m.yml?x HTTP/1.0\r\nHost: a.test:81\r\nAccept: */*\r\nConnection: close\r\n\r\n',
  );
});

const bodies: readonly [why: string, response: string, body: string][] = [
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  ['what comes behind it is no part of it', 'HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello, you', 'hello'],
  ['up to the end of the connection', 'HTTP/1.0 200\r\nServer: x\r\n\r\nhello', 'hello'],
  ['empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
  ['as big as allowed', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1000)}`, 'x'.repeat(1000)],
  ['identity is no coding', 'HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nhello', 'hello'],
];
const failures: readonly [why: string, response: string, message: RegExp][] = [
  ['nothing', '', /^the connection ended before/],
  ['half a head', 'HTTP/1.1 200 OK\r\n', /^the connection ended before/],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', /^the connection ended before/],
  ['no HTTP', 'SSH-2.0-\x1b[2J\r\n\r\n', /^it does not speak HTTP: SSH-2\.0-\?\[2J$/],
  ['not found', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', /^it answers 404 Not Found$/],
  [
    'a redirect is told, not followed',
    'HTTP/1.1 302 Found\r\nLocation: http://b.test/\r\n\r\n',
    /^it answers 302 Found, and leads to http:\/\/b\.test\/$/,
  ],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /in the coding chunked$/],
  ['compressed', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n', /in the coding gzip$/],
  ['no number', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n', /^it says a length of -5$/],
  [
    'too big, as it says',
    'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n',
    /^it sends more than 1000 bytes$/,
  ],
  [
    'too big, without saying',
    `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`,
    /^it sends more than 1000 bytes$/,
  ],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'x'.repeat(20_000)}`, /^its head has no end$/],
  ['a head that is too long', `HTTP/1.1 200 OK\r\n${'x'.repeat(20_000)}\r\n\r\n`, /^its head has no end$/],
];
for (const size of chunkSizes) {
  for (const [why, response, body] of bodies)
    test(`a body, in chunks of ${size}: ${why}`, () => assert.equal(decode(response, size), body));
  for (const [why, response, message] of failures) {
    test(`no body, in chunks of ${size}: ${why}`, () => {
      assert.throws(() => decode(response, size), { code: 'download-failed', message });
    });
  }
}

test('any bytes are a body or a failure', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, size) => {
      for (const response of [text, `HTTP/1.1 200 OK\r\n${text}`]) {
        try {
          decode(response, size);
        } catch (error) {
          assert.ok(error instanceof Error && 'code' in error && error.code === 'download-failed');
        }
      }
    }),
  );
});
