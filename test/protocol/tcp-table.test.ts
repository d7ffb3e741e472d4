import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { encodeTcpTableReply, TcpTableDecoder } from '../../src/protocol/tcp-table.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

/** The keys of a stream cut at `size`, and the complaint that ends it, if one does. */
function decodeAll(stream: string, size: number) {
  const decoder = new TcpTableDecoder();
  const keys: string[] = [];
  try {
    for (const chunk of cutIntoChunks(Buffer.from(stream, 'latin1'), size)) {
      for (const key of decoder.decode(chunk)) keys.push(key);
    }
  } catch (error) {
    assert.ok(error instanceof OnionmxError);
    return { keys, code: error.code, complaint: error.message };
  }
  return { keys };
}

const longestKey = 'k'.repeat(4096 - 'get \n'.length);

const wellFormed = [
  { stream: '', keys: [], reason: 'nothing is no error' },
  { stream: 'get bob@b.test\n', keys: ['bob@b.test'], reason: 'the plain case' },
  { stream: 'get bob@b.te', keys: [], reason: 'the line may go on' },
  { stream: 'get a\nget b\nget c', keys: ['a', 'b'], reason: 'joined lines' },
  { stream: 'get \n', keys: [''], reason: 'the empty key' },
  { stream: 'get %22a%20b%22@b.test\n', keys: ['"a b"@b.test'], reason: 'a space is encoded' },
  { stream: 'get 100%25\n', keys: ['100%'], reason: 'the percent sign itself' },
  { stream: 'get %c3%BC%0a\n', keys: ['ü\n'], reason: 'digits in any case, UTF-8, a newline as data' },
  { stream: 'get %ff\n', keys: ['\ufffd'], reason: 'no UTF-8 is no reason to fail' },
  { stream: `get ${longestKey}\n`, keys: [longestKey], reason: 'exactly the limit' },
];

const malformed = 'lookup-request-malformed';
const unknown = 'lookup-request-unknown';
const broken = [
  {
    stream: 'put a b\n',
    code: unknown,
    complaint: 'the only request is "get <key>", this is "put a b"',
    reason: 'gone from the manual',
  },
  {
    stream: 'GET a\n',
    code: unknown,
    complaint: 'the only request is "get <key>", this is "GET a"',
    reason: 'a browser speaks so',
  },
  {
    stream: 'get\n',
    code: unknown,
    complaint: 'the only request is "get <key>", this is "get"',
    reason: 'the space is missing',
  },
  {
    stream: '\n',
    code: unknown,
    complaint: 'the only request is "get <key>", this is ""',
    reason: 'an empty line',
  },
  {
    stream: 'get a\r\n',
    code: malformed,
    complaint: 'malformed request: "get a\\r" holds a byte that must be written as %XX',
    reason: 'NEWLINE alone ends a line',
  },
  {
    stream: 'get a b\n',
    code: malformed,
    complaint: 'malformed request: "get a b" holds a byte that must be written as %XX',
    reason: 'a space in a key is encoded',
  },
  {
    stream: 'get \xfc\n',
    code: malformed,
    complaint: 'malformed request: "get \xfc" holds a byte that must be written as %XX',
    reason: 'not ASCII',
  },
  {
    stream: 'get 5%\n',
    code: malformed,
    complaint: 'malformed request: "get 5%" holds a "%" without two hexadecimal digits',
    reason: 'cut off',
  },
  {
    stream: 'get %4g\n',
    code: malformed,
    complaint: 'malformed request: "get %4g" holds a "%" without two hexadecimal digits',
    reason: 'g is no digit',
  },
  {
    stream: `get ${longestKey}k\n`,
    code: malformed,
    complaint: 'malformed request: the line is longer than 4096 bytes',
    reason: 'one above the limit',
  },
  {
    stream: 'x'.repeat(9999),
    code: malformed,
    complaint: 'malformed request: the line is longer than 4096 bytes',
    reason: 'a line without end',
  },
];

for (const size of chunkSizes) {
  test(`keys come out at chunk size ${size}`, () => {
    for (const { stream, keys, reason } of wellFormed) {
      assert.deepEqual(decodeAll(stream, size), { keys }, reason);
    }
  });

  test(`a line that is no request ends the stream, after what came before, at chunk size ${size}`, () => {
    for (const { stream, code, complaint, reason } of broken) {
      assert.deepEqual(decodeAll(`get ok\n${stream}`, size), { keys: ['ok'], code, complaint }, reason);
    }
  });
}

const replies = [
  { code: 200, text: 'onion:unix:onionmx/x.onion', line: '200 onion:unix:onionmx/x.onion\n' },
  { code: 500, text: 'it is an own domain', line: '500 it%20is%20an%20own%20domain\n' },
  { code: 400, text: '100%\r\nü\x7f~', line: '400 100%25%0D%0A%C3%BC%7F~\n' }, // no reply can hold a second line
  { code: 500, text: '', line: '500 \n' },
] as const;

test('replies are one line of printable ASCII', () => {
  for (const { code, text, line } of replies) assert.equal(encodeTcpTableReply(code, text).toString(), line);
});

test('a reply at the limit goes out whole; above it Postfix is told to try again', () => {
  const fits = 'x'.repeat(4096 - '200 \n'.length);
  assert.equal(encodeTcpTableReply(200, fits).toString(), `200 ${fits}\n`);
  const tooLong = encodeTcpTableReply(200, `${fits}x`).toString();
  assert.equal(tooLong, '400 the%20answer%20is%20longer%20than%204096%20bytes\n');
});

test('what is encoded is decoded, however it is cut', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (key, size) => {
      const encoded = encodeTcpTableReply(200, key).toString('latin1').slice('200 '.length);
      assert.deepEqual(decodeAll(`get ${encoded}`, size), { keys: [key] });
    }),
  );
});

test('any bytes give the same keys and the same complaint at every chunk size', () => {
  const nearly = fc.string({
    unit: fc.constantFrom('get ', '\n', 'a', '%', '4', '\r', 'put'),
    maxLength: 30,
  });
  fc.assert(
    fc.property(nearly, (stream) => {
      const [whole, ...others] = chunkSizes.map((size) => decodeAll(stream, size));
      for (const other of others) assert.deepEqual(other, whole);
    }),
  );
});
