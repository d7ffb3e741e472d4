import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';
import { OnionmxError } from '../../src/errors.ts';
import { askHttp } from '../../src/net/ask-http.ts';

const question = { hostHeader: 'example.org', path: '/f', maxBytes: 1000 };
const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** A server that says this in pieces of this size, and ends. */
function say(text: string, pieceBytes = 4096): Duplex {
  const pieces = cutIntoChunks(Buffer.from(text, 'latin1'), pieceBytes);
  return new Duplex({
    read() {
      this.push(pieces.shift() ?? null);
    },
    write: (_bytes, _encoding, done) => done(),
  });
}

/** The body, or undefined when there is no such file. */
async function read(stream: Duplex, mediaType?: string): Promise<string | undefined> {
  const answer = await askHttp(stream, { ...question, mediaType });
  return answer.kind === 'file' ? answer.bytes.toString('latin1') : undefined;
}

const failsWith = (message: RegExp | string) => ({ code: 'download-failed', message });

const bodies: readonly [why: string, response: string, body: string][] = [
  ['with a length', `${ok}Content-Length: 5\r\n\r\nhello`, 'hello'],
  ['what comes behind it is no part of it', `${ok}content-length:5\r\n\r\nhello, you`, 'hello'],
  ['up to the end of the connection', 'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello', 'hello'],
  ['in chunks', `${chunked}1;x=y\r\nh\r\n4\r\nello\r\n0\r\nTrailer: x\r\n\r\n`, 'hello'],
  [
    'what comes behind chunks is no part of it',
    `${chunked}5\r\nhello\r\n0\r\n\r\nHTTP/1.1 500 X\r\n`,
    'hello',
  ],
  ['empty', `${ok}Content-Length: 0\r\n\r\n`, ''],
  ['as big as allowed', `${ok}\r\n${'x'.repeat(1000)}`, 'x'.repeat(1000)],
  ['identity is no coding', `${ok}Content-Encoding: Identity\r\n\r\nhello`, 'hello'],
  ['after an early hint', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}\r\nhello`, 'hello'],
];
const noHttp = /^it does not speak HTTP: /;
const endedEarly = 'the connection ended before the answer was whole';
const failures: readonly [why: string, response: string, message: RegExp | string][] = [
  ['nothing', '', endedEarly],
  ['half a head', ok, endedEarly],
  ['half a body', `${ok}Content-Length: 6\r\n\r\nhello`, endedEarly],
  ['half a chunk', `${chunked}6\r\nhello`, endedEarly],
  ['no last chunk', `${chunked}5\r\nhello\r\n`, endedEarly],
  ['another protocol', 'SSH-2.0-\x1b[2J\r\n\r\n', noHttp],
  ['bytes', '\0\x01\x02\xff\n\r\n'.repeat(50), noHttp],
  [
    'a change of the protocol',
    'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx',
    endedEarly,
  ],
  ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, noHttp],
  [
    'length and chunks',
    `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    noHttp,
  ],
  ['no number', `${ok}Content-Length: -5\r\n\r\nhello`, noHttp],
  ['a length beyond all numbers', `${ok}Content-Length: ${'9'.repeat(30)}\r\n\r\nhello`, noHttp],
  ['no size of a chunk', `${chunked}x\r\nhello\r\n`, noHttp],
  ['without a reason', 'HTTP/1.1 403\r\n\r\n', 'it answers 403'],
  ['a part', 'HTTP/1.1 206 Partial Content\r\n\r\nhello', 'it answers 206 Partial Content'],
  [
    'a redirect is told, not followed',
    'HTTP/1.1 302 Found\r\nLocation: http://b.test/\xff\r\n\r\n',
    'it answers 302 Found, and leads to http://b.test/?',
  ],
  ['compressed', `${ok}Content-Encoding: gzip\r\n\r\n`, 'it sends the file in the coding gzip'],
  [
    'compressed and in chunks',
    `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    'it sends the file in the coding gzip, chunked',
  ],
  ['too big, as it says', `${ok}Content-Length: 1001\r\n\r\n`, 'it sends more than 1000 bytes'],
  ['too big, without saying', `${ok}\r\n${'x'.repeat(1001)}`, 'it sends more than 1000 bytes'],
  ['too big, in chunks', `${chunked}${'1\r\nx\r\n'.repeat(1001)}0\r\n\r\n`, 'it sends more than 1000 bytes'],
  [
    'a field that is too long',
    `${ok}x: ${'x'.repeat(20_000)}\r\n\r\n`,
    'its head is longer than 16384 bytes',
  ],
];
for (const size of chunkSizes) {
  for (const [why, response, body] of bodies) {
    test(`a body, in pieces of ${size}: ${why}`, async () => {
      assert.equal(await read(say(response, size)), body);
    });
  }
  for (const [why, response, message] of failures) {
    test(`no body, in pieces of ${size}: ${why}`, async () => {
      await assert.rejects(read(say(response, size)), failsWith(message));
    });
  }
}

const types: readonly [why: string, line: string, failure?: string][] = [
  ['it is the one', 'Content-Type: text/plain\r\n'],
  ['in any case, with parameters', 'content-type: TEXT/Plain ; charset=utf-8\r\n'],
  ['another one', 'Content-Type: text/html\r\n', 'it sends text/html where text/plain is due'],
  ['none', '', 'it sends no media type where text/plain is due'],
];
for (const [why, line, message] of types) {
  test(`a media type is asked for: ${why}`, async () => {
    const got = read(say(`${ok}${line}Content-Length: 2\r\n\r\nhi`), 'text/plain');
    if (message === undefined) assert.equal(await got, 'hi');
    else await assert.rejects(got, failsWith(message));
  });
}

for (const [status, isAbsent] of [
  ['404 Not Found', true],
  ['404', true],
  ['410 Gone', true],
  ['403 Forbidden', false],
  ['301 404', false],
  ['500 404', false],
] as const) {
  test(`whether there is no such file: ${status}`, async () => {
    const asked = askHttp(say(`HTTP/1.1 ${status}\r\n\r\n<p>`), question);
    const said = `it answers ${status}`;
    if (isAbsent) assert.deepEqual(await asked, { kind: 'absent', said });
    else await assert.rejects(asked, failsWith(said));
  });
}

test('what the stream fails with is told as it is', async () => {
  const failure = new OnionmxError('connection-timeout', 'late');
  const stream = new Duplex({
    read() {
      this.destroy(failure);
    },
    write: (_bytes, _encoding, done) => done(),
  });
  await assert.rejects(read(stream), failure);
});

test('any bytes are a body or a failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), async (text, size) => {
      for (const response of [text, `${ok}${text}`, `${chunked}${text}`]) {
        await read(say(response, size)).catch((error: unknown) => {
          if (!(error instanceof OnionmxError && error.code === 'download-failed')) throw error;
        });
      }
    }),
  );
});
