import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodeNetstring, NetstringDecoder } from '../../src/protocol/netstring.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

/** The payloads of a stream cut at `size`, and the complaint that ends it, if one does. */
function decodeAll(stream: Uint8Array | string, size: number, maxBytes = 1000) {
  const decoder = new NetstringDecoder(maxBytes);
  const payloads: string[] = [];
  try {
    for (const chunk of cutIntoChunks(Buffer.from(stream), size)) {
      for (const payload of decoder.decode(chunk)) payloads.push(payload.toString('latin1'));
    }
  } catch (error) {
    assert.ok(error instanceof Error);
    return { payloads, complaint: error.message };
  }
  return { payloads };
}

const wellFormed = [
  { stream: '', payloads: [], reason: 'nothing is no error' },
  { stream: '0:,', payloads: [''], reason: 'an empty payload is a payload' },
  { stream: '5:hello,', payloads: ['hello'], reason: 'the plain case' },
  { stream: '3:a:b,2:c,,', payloads: ['a:b', 'c,'], reason: 'colons and commas are data inside a payload' },
  { stream: '2:ab,12:twelve bytes', payloads: ['ab'], reason: 'the comma of the second is not there yet' },
  { stream: '2:ab,1', payloads: ['ab'], reason: 'a length that may still grow' },
  {
    stream: `1000:${'x'.repeat(1000)},`,
    payloads: ['x'.repeat(1000)],
    reason: 'exactly the limit, more than the first room',
  },
];

const malformed = [
  { stream: ':,', why: '0x3a where a digit or ":" is due', reason: 'a length needs a digit' },
  { stream: '01:a,', why: 'the length has a leading zero', reason: 'two spellings of one length' },
  { stream: '00:,', why: 'the length has a leading zero', reason: 'zero is written once' },
  { stream: '-1:a,', why: '0x2d where a digit or ":" is due', reason: 'no signs' },
  { stream: '1 :a,', why: '0x20 where a digit or ":" is due', reason: 'no spaces' },
  {
    stream: 'get a\n',
    why: '0x67 where a digit or ":" is due',
    reason: 'a tcp_table client at the wrong port',
  },
  { stream: '1:ab,', why: '0x62 where the closing "," is due', reason: 'longer than announced' },
  { stream: '1:a\n', why: '0x0a where the closing "," is due', reason: 'the comma is not optional' },
  {
    stream: '1001:',
    why: 'it is longer than 1000 bytes',
    reason: 'one above the limit, before any byte of it',
  },
  { stream: '9'.repeat(5000), why: 'it is longer than 1000 bytes', reason: 'endless digits' },
];

for (const size of chunkSizes) {
  test(`well-formed netstrings come out at chunk size ${size}`, () => {
    for (const { stream, payloads, reason } of wellFormed) {
      assert.deepEqual(decodeAll(stream, size), { payloads }, reason);
    }
  });

  test(`malformed netstrings end the stream, after what came before, at chunk size ${size}`, () => {
    for (const { stream, why, reason } of malformed) {
      const expected = { payloads: ['ok'], complaint: `malformed netstring: ${why}` };
      assert.deepEqual(decodeAll(`2:ok,${stream}`, size), expected, reason);
    }
  });
}

test('what is encoded is decoded, however it is cut', () => {
  const payloads = fc.array(fc.string({ unit: 'binary', maxLength: 700 }), { maxLength: 5 });
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 40 }), (texts, size) => {
      const stream = Buffer.concat(texts.map(encodeNetstring));
      const expected = texts.map((text) => Buffer.from(text).toString('latin1'));
      assert.deepEqual(decodeAll(stream, size, 10_000), { payloads: expected });
    }),
  );
});

test('any bytes give the same payloads and the same complaint at every chunk size', () => {
  const nearly = fc.string({ unit: fc.constantFrom('0', '1', '2', ':', ',', 'a', '\n'), maxLength: 40 });
  fc.assert(
    fc.property(nearly, (stream) => {
      const [whole, ...others] = chunkSizes.map((size) => decodeAll(stream, size));
      for (const other of others) assert.deepEqual(other, whole);
    }),
  );
});

test('a payload of the full size comes out of single bytes', () => {
  const decoder = new NetstringDecoder(100_000);
  const payload = 'k'.repeat(100_000);
  const chunks = cutIntoChunks(encodeNetstring(payload), 1);
  const found = chunks.flatMap((chunk) => [...decoder.decode(chunk)]);
  assert.deepEqual(found.map(String), [payload]);
});
