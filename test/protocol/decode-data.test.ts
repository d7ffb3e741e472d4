import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DataDecoder } from '../../src/protocol/decode-data.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

interface Decoded {
  /** Whether the end was seen, and what came after it. */
  readonly rest: string | undefined;
  readonly problem: string | undefined;
  readonly body: string;
}

function decode(data: string | Buffer, chunkSize: number, maxBytes = Number.POSITIVE_INFINITY): Decoded {
  const decoder = new DataDecoder(maxBytes);
  const bodies: Buffer[] = [];
  let rest: string | undefined;
  for (const chunk of cutIntoChunks(Buffer.from(data.toString('latin1'), 'latin1'), chunkSize)) {
    if (rest !== undefined) {
      rest += chunk.toString('latin1');
      continue;
    }
    const decoded = decoder.push(chunk);
    bodies.push(decoded.body);
    rest = decoded.rest?.toString('latin1');
  }
  return { rest, problem: decoder.problem, body: Buffer.concat(bodies).toString('latin1') };
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

for (const [data, body, rest, why] of [
  ['.\r\n', '', '', 'an empty message'],
  ['a\r\n.\r\n', 'a\r\n', '', 'one line'],
  ['a\r\n.\r\nQUIT\r\n', 'a\r\n', 'QUIT\r\n', 'what comes after is for the next command'],
  ['a\r\n..\r\n.\r\n', 'a\r\n.\r\n', '', 'a doubled dot'],
  ['..a\r\n.\r\n', '.a\r\n', '', 'a doubled dot at the very start'],
  ['.a\r\n.\r\n', 'a\r\n', '', 'a single dot goes too (RFC 5321 4.5.2)'],
  ['...\r\n.\r\n', '..\r\n', '', 'one dot of three'],
  ['a..b.\r\n.\r\n', 'a..b.\r\n', '', 'dots elsewhere stay'],
  ['\r\n\r\n.\r\n', '\r\n\r\n', '', 'empty lines'],
  ['a\rb\r\n.\r\n', 'a\rb\r\n', '', 'a bare CR passes: it can end nothing'],
  ['a\r\r\n.\r\n', 'a\r\r\n', '', 'as Postfix sends a line that ends in CR'],
  ['a\r\r\n..b\r\n.\r\n', 'a\r\r\n.b\r\n', '', 'the line after it, with its dot doubled'],
  ['a\r\n.\rb\r\n.\r\n', 'a\r\n\rb\r\n', '', 'a dot and a bare CR are no end'],
  ['a\r\n.\r\r\n.\r\n', 'a\r\n\r\r\n', '', 'nor with one CR too many'],
  ['a\0b\0.\r\n\0\r\n.\r\n', 'a\0b\0.\r\n\0\r\n', '', 'NULs pass'],
  ['a\r\n.\0\r\n.\r\n', 'a\r\n\0\r\n', '', 'a NUL after the dot is text'],
] as const) {
  for (const size of chunkSizes) {
    test(`${JSON.stringify(data)} in chunks of ${size}: ${why}`, () => {
      assert.deepEqual(decode(bytesOf(data), size), { rest, problem: undefined, body });
    });
  }
}

/** What a lenient server might take for the end, with the message it would then accept behind it. */
const smuggled = 'MAIL FROM:<admin@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nforged\r\n';
for (const [vector, problem, why] of [
  ['\n.\n', 'bare-lf', 'LF . LF (Sendmail, old Postfix)'],
  ['\n.\r\n', 'bare-lf', 'LF . CRLF (old Postfix, Exim)'],
  ['\r\n.\n', 'bare-lf', 'CRLF . LF'],
  ['\r.\r\n', 'hidden-dot', 'CR . CRLF'],
  ['\r.\r', 'hidden-dot', 'CR . CR (Cisco turns CR into CRLF)'],
  ['\r.\n', 'hidden-dot', 'CR . LF'],
  ['\n.\r', 'bare-lf', 'LF . CR'],
  ['\r\r.\r\n', 'hidden-dot', 'CR CR . CRLF'],
  ['\r\n.\r.\r\n', 'hidden-dot', 'CRLF . CR, then the same again'],
  ['\r\n\0.\r\n', 'hidden-dot', 'CRLF NUL . CRLF, for who drops NULs'],
  ['\r\n\0\0.\r\n', 'hidden-dot', 'the same with two'],
  ['\r\0.\r\n', 'hidden-dot', 'CR NUL . CRLF'],
  ['\r\0\n.\r\n', 'bare-lf', 'CR NUL LF . CRLF'],
  ['\n\0.\r\n', 'bare-lf', 'LF NUL . CRLF'],
  ['\r\n.\0\n', 'bare-lf', 'CRLF . NUL LF'],
  [
    '\r\n.\0.\r\n',
    'hidden-dot',
    'CRLF . NUL . CRLF: one dot is taken out, the other is first but for the NUL',
  ],
] as const) {
  for (const size of chunkSizes) {
    test(`smuggling by ${why}, in chunks of ${size}: refused, and read to the true end`, () => {
      const data = bytesOf(`text${vector}${smuggled}.\r\nRSET\r\n`);
      const { rest, problem: found } = decode(data, size);
      assert.deepEqual([found, rest], [problem, 'RSET\r\n']);
    });
  }
}

test('CRLF . CR is no end, and harmless: the dot comes out, and goes doubled if it stays', () => {
  const { problem, body } = decode(bytesOf(`text\r\n.\r${smuggled}.\r\n`), 16);
  assert.deepEqual([problem, body], [undefined, `text\r\n\r${smuggled}`]);
});

test('a NUL or a dot at the very start', () => {
  assert.equal(decode(bytesOf('\0.\r\n\r\n.\r\n'), 1).problem, 'hidden-dot');
});

test('once there is a problem, no octet of the body comes out any more', () => {
  const decoder = new DataDecoder(1000);
  assert.equal(decoder.push(Buffer.from('good\r\n')).body.toString(), 'good\r\n');
  assert.equal(decoder.push(Buffer.from('bad\n')).body.length, 0);
  assert.equal(decoder.push(Buffer.from('good\r\n')).body.length, 0);
  const last = decoder.push(Buffer.from('more\r\n.\r\nX'));
  assert.deepEqual([last.body.length, last.rest?.toString()], [0, 'X']);
});

for (const [data, maxBytes, problem, why] of [
  ['12345\r\n.\r\n', 7, undefined, 'exactly as much as is allowed: the final dot does not count'],
  ['12345\r\n.\r\n', 6, 'too-long', 'one byte more'],
  ['..2345\r\n.\r\n', 8, undefined, 'a doubled dot counts once'],
] as const) {
  for (const size of chunkSizes) {
    test(`${why}, in chunks of ${size}`, () => {
      const decoded = decode(data, size, maxBytes);
      assert.deepEqual([decoded.problem, decoded.rest], [problem, '']);
    });
  }
}

/** The same rules over the whole message at once, by regular expressions: slow and plain. */
function decodeSlowly(data: string): Decoded {
  const end = /(?:^|\r\n)\.\r\n/.exec(data);
  const stuffed = end === null ? data : data.slice(0, end.index + (end[0].length > 3 ? 2 : 0));
  const body = stuffed.replaceAll(/(^|\r\n)\./g, '$1');
  return {
    rest: end === null ? undefined : data.slice(end.index + end[0].length),
    problem: /(?:^|[^\r])\n/.test(stuffed) ? 'bare-lf' : undefined,
    body,
  };
}

const alphabet = fc.constantFrom('\r', '\n', '\r\n', '.', '\0', 'a', '\r\n.', 'text of a line');
const pieces = fc.array(alphabet, { maxLength: 40 }).map((parts) => parts.join(''));

test('any data: the same end, whatever the chunks', () => {
  fc.assert(
    fc.property(pieces, fc.constantFrom(...chunkSizes, 2, 3), (text, size) => {
      const data = `${text}\r\n.\r\nNEXT`;
      const [fast, slow] = [decode(data, size), decodeSlowly(data)];
      assert.equal(fast.rest, slow.rest);
      if (slow.problem !== undefined) assert.notEqual(fast.problem, undefined);
      if (fast.problem === undefined) assert.equal(fast.body, slow.body);
    }),
    { numRuns: 2000 },
  );
});

/** Doubles dots as a strict sender does, then looks for an end as the most lenient receiver might. */
function countLenientEnds(body: string): number {
  const sent = `${body.replaceAll(/(^|\r\n)\./g, '$1..')}.\r\n`.replaceAll('\0', '');
  return sent.split(/\r\n|\r|\n/).filter((line) => line === '.').length;
}

test('any body that passes has one end for the most lenient server too: our own', () => {
  fc.assert(
    fc.property(pieces, (text) => {
      const { problem, body } = decode(`${text}\r\n.\r\n`, 4096);
      if (problem === undefined) assert.equal(countLenientEnds(body), 1);
    }),
    { numRuns: 5000 },
  );
});

test('any message of lines comes out as it went in', () => {
  const line = fc.uint8Array({ maxLength: 60 }).map((bytes) =>
    Buffer.from(bytes)
      .toString('latin1')
      .replaceAll(/[\r\n\0]/g, '.'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom(...chunkSizes), (lines, size) => {
      const body = lines.map((text) => `${text}\r\n`).join('');
      const data = `${body.replaceAll(/(^|\r\n)\./g, '$1..')}.\r\n`;
      assert.deepEqual(decode(bytesOf(data), size), { rest: '', problem: undefined, body });
    }),
  );
});

test('a chunk without dots to take out is handed on without copying', () => {
  const chunk = Buffer.from('line one\r\nline two\r\n');
  assert.equal(new DataDecoder(1000).push(chunk).body.buffer, chunk.buffer);
});
