import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import {
  encodeTorCommand,
  isTorEvent,
  parseTorFields,
  TorControlDecoder,
  type TorControlReply,
} from '../../src/protocol/tor-control.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

const line = (text: string, data?: string) => ({ text, data });
const conversation: readonly { readonly wire: string; readonly reply: TorControlReply }[] = [
  { wire: '250 OK\r\n', reply: { code: 250, lines: [line('OK')] } },
  {
    wire: '250-version=0.4.9.11\r\n250-process/pid=7\r\n250 OK\r\n',
    reply: { code: 250, lines: [line('version=0.4.9.11'), line('process/pid=7'), line('OK')] },
  },
  {
    wire: '250+info/names=\r\nconfig/* -- any\r\n..dots\r\n250 no reply, data\r\n\r\n.\r\n250 OK\r\n',
    reply: {
      code: 250,
      lines: [line('info/names=', 'config/* -- any\n.dots\n250 no reply, data\n'), line('OK')],
    },
  },
  { wire: '250+empty=\r\n.\r\n250 OK\r\n', reply: { code: 250, lines: [line('empty=', ''), line('OK')] } },
  {
    wire: '650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n',
    reply: { code: 650, lines: [line('STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED')] },
  },
  {
    wire: '552-Unrecognized key "a"\r\n552 Unrecognized key "b"\r\n',
    reply: { code: 552, lines: [line('Unrecognized key "a"'), line('Unrecognized key "b"')] },
  },
  { wire: '250 \r\n', reply: { code: 250, lines: [line('')] } },
];

function decode(chunks: readonly Buffer[], maxReplyBytes = 4096): TorControlReply[] {
  const decoder = new TorControlDecoder(maxReplyBytes);
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

for (const size of chunkSizes) {
  test(`replies and events in pieces of ${size}`, () => {
    const wire = Buffer.from(conversation.map((part) => part.wire).join(''));
    const expected = conversation.map(({ reply }) => reply);
    assert.deepEqual(decode(cutIntoChunks(wire, size)), expected);
  });
}

test('an incomplete reply is no error, and no reply yet', () => {
  assert.deepEqual(decode([Buffer.from('250-version=0.4.9\r\n250 O')]), []);
});

test('events are told from replies by their code', () => {
  assert.deepEqual(
    conversation.map(({ reply }) => isTorEvent(reply)),
    [false, false, false, false, true, false, false],
  );
});

for (const [wire, why] of [
  ['HTTP/1.0 400 Bad Request\r\n', 'another protocol'],
  ['\r\n', 'an empty line'],
  ['250\r\n', 'no separator'],
  ['25 OK\r\n', 'two digits'],
  ['950 OK\r\n', 'no such class of codes'],
  ['250=OK\r\n', 'no such separator'],
] as const) {
  test(`refused: ${why}`, () => {
    assert.throws(() => decode([Buffer.from(wire)]), { code: 'tor-control', message: /is no reply/ });
  });
}

for (const [wire, why] of [
  [`250 ${'x'.repeat(100)}`, 'a line without end'],
  [`250 ${'x'.repeat(100)}\r\n`, 'a long line'],
  ['250-x\r\n'.repeat(20), 'lines without end'],
  [`250+x=\r\n${'y\r\n'.repeat(40)}`, 'data without end'],
] as const) {
  for (const size of chunkSizes) {
    test(`too long, in pieces of ${size}: ${why}`, () => {
      assert.throws(() => decode(cutIntoChunks(Buffer.from(wire), size), 100), {
        code: 'tor-control',
        message: /more than 100 octets/,
      });
    });
  }
}

test('the limit is one of a reply, not of the conversation', () => {
  const wire = Buffer.from('250 0123456789\r\n'.repeat(50));
  for (const size of chunkSizes) assert.equal(decode(cutIntoChunks(wire, size), 100).length, 50);
});

test('whatever comes: replies or an OnionmxError', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .constantFrom('250 OK\r\n', '250-', '250+a=\r\n', '.\r\n', '\r', '\n', '650 X\r\n')
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      try {
        decode(
          pieces.map((bytes) => Buffer.from(bytes)),
          200,
        );
      } catch (error) {
        assert.ok(error instanceof OnionmxError && error.code === 'tor-control');
      }
    }),
  );
});

test('the replies do not depend on how they are cut', () => {
  const parts = fc.array(fc.constantFrom(...conversation), { maxLength: 10 });
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 50 }), (chosen, size) => {
      const wire = Buffer.from(chosen.map((part) => part.wire).join(''));
      assert.deepEqual(
        decode(cutIntoChunks(wire, size)),
        chosen.map(({ reply }) => reply),
      );
    }),
  );
});

test('a command is one line', () => {
  assert.equal(encodeTorCommand(['GETINFO', 'version', 'process/pid']), 'GETINFO version process/pid\r\n');
  for (const word of ['a\r\nQUIT', 'a\nQUIT', 'a\rQUIT', 'a\0']) {
    assert.throws(() => encodeTorCommand(['GETINFO', word]), {
      code: 'bug',
      message: /must be one line: GETINFO/,
    });
  }
});

for (const [text, expected, why] of [
  ['A=1 B=2', { A: '1', B: '2' }, 'bare values'],
  [
    'AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/a b/c"',
    { METHODS: 'COOKIE,SAFECOOKIE', COOKIEFILE: '/a b/c' },
    'words between',
  ],
  ['S="say \\"no\\" \\\\ or"', { S: 'say "no" \\ or' }, 'quotes and backslashes'],
  ['S="a\\nb\\tc\\rd\\101\\7"', { S: 'a\nb\tc\rdA\x07' }, 'the escapes of C'],
  ['S="" T=', { S: '', T: '' }, 'empty values'],
  ['S="no end', { S: '"no' }, 'a quote without end is taken as it stands'],
  ['no fields at all', {}, 'none'],
] as const) {
  test(`fields: ${why}`, () => {
    assert.deepEqual(Object.fromEntries(parseTorFields(text)), expected);
  });
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

test('a quoted value comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      assert.equal(parseTorFields(`A=1 KEY=${quote(value)} B=2`).get('KEY'), value);
    }),
  );
});
