import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toPrintableLine } from '../../src/lookup/printable-line.ts';

const rows = [
  { text: 'plain text', line: 'plain text', reason: 'nothing to do' },
  { text: 'a\r\n250 ok', line: 'a 250 ok', reason: 'no second SMTP line' },
  { text: ' \ta\u0000\u001b[31mb\n', line: 'a [31mb', reason: 'no control characters, no rim' },
  { text: 'bücher.onion', line: 'b?cher.onion', reason: 'SMTP replies are ASCII' },
  { text: '\u{1f9c5}', line: '?', reason: 'one mark a character, not one a surrogate' },
  { text: 'a\u0085b\u2028c', line: 'a b c', reason: 'the line ends of Unicode' },
  { text: 'x'.repeat(20), line: 'x'.repeat(20), reason: 'exactly the limit' },
  { text: 'x'.repeat(21), line: `${'x'.repeat(17)}...`, reason: 'cut, and seen to be cut' },
];

test('text becomes one printable line', () => {
  for (const { text, line, reason } of rows) assert.equal(toPrintableLine(text, 20), line, reason);
});

test('whatever comes in, what goes out is printable ASCII within the limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 30 }), (text, maxBytes) => {
      const line = toPrintableLine(text, maxBytes);
      assert.match(line, /^[\x20-\x7e]*$/);
      assert.ok(line.length <= maxBytes);
    }),
  );
});
