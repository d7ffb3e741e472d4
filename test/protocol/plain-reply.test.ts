import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainReply } from '../../src/protocol/plain-reply.ts';

test('what could end the line or cannot be printed does not reach it', () => {
  const text = '4.4.1 a\r\n250 2.0.0 fake\t\u0000\u007f\u2028ü end';
  assert.deepEqual(plainReply(451, text), { code: 451, lines: ['4.4.1 a 250 2.0.0 fake ?? ? end'] });
});

test('a text is cut at 500 bytes', () => {
  assert.equal(plainReply(421, 'x'.repeat(2000)).lines[0].length, 500);
});
