import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { formatReply, type SmtpReply } from '../../src/protocol/smtp-reply.ts';
import { ReplyDecoder } from '../../src/protocol/smtp-reply-decoder.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

interface Decoded {
  readonly replies: readonly SmtpReply[];
  /** The text of the error that ended it. */
  readonly problem: string | undefined;
}

function decode(chunks: readonly Buffer[]): Decoded {
  const decoder = new ReplyDecoder();
  const replies: SmtpReply[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) replies.push(reply);
    }
    return { replies, problem: undefined };
  } catch (error) {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'exchanger-protocol');
    return { replies, problem: error.message };
  }
}

/** The same at every chunk size. */
function decodeInAllWays(bytes: Buffer): Decoded {
  const whole = decode([bytes]);
  for (const size of chunkSizes)
    assert.deepEqual(decode(cutIntoChunks(bytes, size)), whole, `chunks of ${size}`);
  return whole;
}

const good: readonly [why: string, input: string | Buffer, replies: readonly SmtpReply[]][] = [
  ['one line', '250 2.0.0 Ok\r\n', [{ code: 250, lines: ['2.0.0 Ok'] }]],
  ['several lines', '250-a\r\n250-b\r\n250 c\r\n', [{ code: 250, lines: ['a', 'b', 'c'] }]],
  ['a code alone', '354\r\n', [{ code: 354, lines: [''] }]],
  ['an empty text', '250 \r\n', [{ code: 250, lines: [''] }]],
  ['an empty line in the middle', '250-a\r\n250-\r\n250 c\r\n', [{ code: 250, lines: ['a', '', 'c'] }]],
  ['spaces are text', '250   a  \r\n', [{ code: 250, lines: ['  a  '] }]],
  ['tabs are text', '250 a\tb\r\n', [{ code: 250, lines: ['a\tb'] }]],
  ['a bare LF ends a line of a server', '250-a\n250 b\n', [{ code: 250, lines: ['a', 'b'] }]],
  ['one CR only belongs to the line end', '250 a\r\r\n', [{ code: 250, lines: ['a '] }]],
  ['a CR inside becomes a space', '550 no\r250 ok\r\n', [{ code: 550, lines: ['no 250 ok'] }]],
  ['a NUL becomes a space', '550 a\0b\r\n', [{ code: 550, lines: ['a b'] }]],
  ['UTF-8', '550 Größe ≠ 雪\r\n', [{ code: 550, lines: ['Größe ≠ 雪'] }]],
  ['Latin-1', Buffer.from('550 Größe\r\n', 'latin1'), [{ code: 550, lines: ['Größe'] }]],
  [
    'several replies at once',
    '250 a\r\n550-b\r\n550 c\r\n354 d\r\n',
    [
      { code: 250, lines: ['a'] },
      { code: 550, lines: ['b', 'c'] },
      { code: 354, lines: ['d'] },
    ],
  ],
  ['nothing yet', '250-a\r\n250', []],
  ['a line of 2048 bytes', `250 ${'x'.repeat(2042)}\r\n`, [{ code: 250, lines: ['x'.repeat(2042)] }]],
];

for (const [why, input, replies] of good) {
  test(`reads ${why}`, () => {
    assert.deepEqual(decodeInAllWays(Buffer.from(input)), { replies, problem: undefined });
  });
}

const manyLines = '250-x\r\n'.repeat(101);
const bad: readonly [why: string, input: string, problem: string][] = [
  ['no code', 'hello\r\n', 'a line that is no reply: "hello"'],
  ['an empty line', '\r\n', 'a line that is no reply: ""'],
  ['a code of two digits', '25 a\r\n', 'a line that is no reply: "25 a"'],
  ['a code of four digits', '2500 a\r\n', 'a line that is no reply: "2500 a"'],
  ['1xx, which SMTP does not have', '150 a\r\n', 'a line that is no reply: "150 a"'],
  ['6xx', '600 a\r\n', 'a line that is no reply: "600 a"'],
  ['no space after the code', '250ok\r\n', 'a line that is no reply: "250ok"'],
  ['two codes in one reply', '250-a\r\n550 b\r\n', 'a line of another code in a 250 reply: "550 b"'],
  ['over 100 lines', manyLines, 'a reply over 100 lines: "250-x"'],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n', 'a line that is no reply: "HTTP/1.1 400 Bad Request"'],
  ['a control character is shown harmless', '\x1b[2J\r\n', 'a line that is no reply: " [2J"'],
  ['an endless line', 'x'.repeat(5000), `a line over 2048 bytes: "${'x'.repeat(200)}"`],
  ['a line of 2049 bytes', `250 ${'x'.repeat(2043)}\r\n`, `a line over 2048 bytes: "250 ${'x'.repeat(196)}"`],
];

for (const [why, input, problem] of bad) {
  test(`refuses ${why}`, () => {
    assert.equal(decodeInAllWays(Buffer.from(input)).problem, problem);
  });
}

test('refuses a reply over 64 KiB, however it is cut', () => {
  const line = `250-${'x'.repeat(2000)}\r\n`;
  const { problem } = decodeInAllWays(Buffer.from(line.repeat(40)));
  assert.match(problem ?? '', /^a reply over 65536 bytes: "250-x/);
});

test('replies before nonsense are still replies', () => {
  const { replies, problem } = decodeInAllWays(Buffer.from('250 a\r\nnonsense\r\n250 b\r\n'));
  assert.deepEqual(replies, [{ code: 250, lines: ['a'] }]);
  assert.equal(problem, 'a line that is no reply: "nonsense"');
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !/(?!\t)\p{Cc}/u.test(text));
const anyReply = fc
  .tuple(fc.integer({ min: 200, max: 599 }), anyText, fc.array(anyText, { maxLength: 5 }))
  .map(([code, first, rest]): SmtpReply => ({ code, lines: [first, ...rest] }));

test('what formatReply writes is read back, whatever the chunks', () => {
  fc.assert(
    fc.property(fc.array(anyReply, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (replies, size) => {
      const bytes = Buffer.from(replies.map(formatReply).join(''));
      assert.deepEqual(decode(cutIntoChunks(bytes, size)).replies, replies);
    }),
  );
});

test('random bytes end in replies or in exchanger-protocol, the same for all chunks', () => {
  const likely = fc
    .constantFrom('250', '-', ' ', '\r\n', '\n', '\r', '550 no', 'x', '\xff')
    .map((s) => Buffer.from(s, 'latin1'));
  const anyBytes = fc.array(fc.oneof(likely, fc.uint8Array({ maxLength: 9 })), { maxLength: 40 });
  fc.assert(fc.property(anyBytes, (parts) => void decodeInAllWays(Buffer.concat(parts))));
});
