import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DataDecoder } from '../../src/protocol/decode-data.ts';
import { DotEncoder } from '../../src/protocol/encode-dots.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

function encode(chunks: readonly Buffer[]): Buffer {
  const encoder = new DotEncoder();
  const parts = chunks.map((chunk) => encoder.encode(chunk));
  return Buffer.concat([...parts, Buffer.from(encoder.finish())]);
}

/** As a server reads that takes any of CRLF, LF and CR for a line end: the lines up to the first lone dot, and what is left. */
function readLeniently(bytes: Buffer): { lines: string[]; rest: string } {
  const lines: string[] = [];
  let rest = bytes.toString('latin1');
  for (;;) {
    const [, line = '', after] = /^([^\r\n]*)(?:\r\n|\r|\n)(.*)$/s.exec(rest) ?? [];
    assert.ok(after !== undefined, 'the end of the data is never missing');
    rest = after;
    if (line === '.') return { lines, rest };
    lines.push(line.replace(/^\./, ''));
  }
}

const table: readonly [why: string, body: string, encoded: string][] = [
  ['an empty message', '', '.\r\n'],
  ['a plain message', 'a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
  ['no line end at the end: one is added', 'a', 'a\r\n.\r\n'],
  ['a dot at the very start', '.a\r\n', '..a\r\n.\r\n'],
  ['a lone dot', '\r\n.\r\nb\r\n', '\r\n..\r\nb\r\n.\r\n'],
  ['two dots', '..\r\n', '...\r\n.\r\n'],
  ['dots inside a line', 'a.b.\r\n', 'a.b.\r\n.\r\n'],
  ['a lone dot without a line end', 'a\r\n.', 'a\r\n..\r\n.\r\n'],
  ['a bare CR and a bare LF that hide no dot', 'a\rb\nc\r\n', 'a\rb\nc\r\n.\r\n'],
  ['a CR at the end', 'a\r', 'a\r\r\n.\r\n'],
  ['an LF at the end', 'a\n', 'a\n\r\n.\r\n'],
];

for (const [why, body, encoded] of table) {
  test(`encodes ${why}`, () => {
    for (const size of chunkSizes)
      assert.equal(encode(cutIntoChunks(Buffer.from(body), size)).toString(), encoded);
  });
}

const smuggled = ['\n.\n', '\n.\r\n', '\r.\r', '\r.\r\n', '\r.\n', '\n.\r', '\n\r\r.\r\n', '\r\n\n.\r\n'];
for (const vector of smuggled) {
  test(`refuses ${JSON.stringify(vector)}, which some server takes for the end`, () => {
    for (const size of chunkSizes) {
      const chunks = cutIntoChunks(Buffer.from(`first${vector}MAIL FROM:<second@x.test>\r\n`), size);
      assert.throws(() => encode(chunks), { code: 'message-line-ends', permanent: true });
    }
  });
}

const anyBody = fc
  .array(fc.constantFrom('.', '\r', '\n', '\r\n', '..', '\r\n.', 'a', 'QUIT', 'ÿ'), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.join('')));
const anyCleanBody = fc
  .array(fc.constantFrom('.', '\r\n', '..', '\r\n.', 'a', '\r\n.\r\n', 'ÿ'), { maxLength: 30 })
  .map((parts) => Buffer.from(`${parts.join('')}\r\n`));

test('a message with no bare CR or LF comes back the same, from a strict and from a lenient reader', () => {
  fc.assert(
    fc.property(anyCleanBody, fc.constantFrom(...chunkSizes), (body, size) => {
      const encoded = encode(cutIntoChunks(body, size));
      const { body: decoded, rest } = new DataDecoder(Number.POSITIVE_INFINITY).push(
        Buffer.concat([encoded, Buffer.from('QUIT')]),
      );
      assert.deepEqual([decoded.toString(), rest?.toString()], [body.toString(), 'QUIT']);
      const lenient = readLeniently(encoded);
      assert.equal(lenient.rest, '');
      assert.equal(lenient.lines.map((line) => `${line}\r\n`).join(''), body.toString('latin1'));
    }),
  );
});

test('any message at all has one end for the most lenient reader, or is refused', () => {
  fc.assert(
    fc.property(anyBody, fc.constantFrom(...chunkSizes), (body, size) => {
      const chunks = cutIntoChunks(body, size);
      let encoded: Buffer;
      try {
        encoded = encode(chunks);
      } catch {
        assert.match(
          body.toString('latin1'),
          /(?<!\r)\n\.|\r\./,
          'only a dot after a bare CR or LF is refused',
        );
        return;
      }
      assert.equal(readLeniently(encoded).rest, '');
    }),
  );
});
