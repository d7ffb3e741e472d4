import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { blankControls, formatReply, isRefusal, quoteReply } from '../../src/protocol/smtp-reply.ts';

test('a reply goes out with its code on every line', () => {
  assert.equal(formatReply({ code: 250, lines: ['2.0.0 Ok'] }), '250 2.0.0 Ok\r\n');
  assert.equal(formatReply({ code: 550, lines: ['a', '', 'c'] }), '550-a\r\n550-\r\n550 c\r\n');
});

test('quoted on one line, as Postfix logs it', () => {
  assert.equal(quoteReply({ code: 550, lines: ['5.1.1 no', 'such user'] }), '550 5.1.1 no such user');
  assert.equal(quoteReply({ code: 354, lines: [''] }), '354');
});

test('4xx and 5xx are refusals', () => {
  const refusals = [221, 250, 354, 421, 550].filter((code) => isRefusal({ code, lines: [''] }));
  assert.deepEqual(refusals, [421, 550]);
});

test('no text can make a second reply out of one', () => {
  const anyText = fc.string({ unit: fc.constantFrom('\r', '\n', '\0', '\x1b', '\x9b', '\t', '250 ok', 'é') });
  fc.assert(
    fc.property(anyText, (text) => {
      const formatted = formatReply({ code: 550, lines: [text] });
      assert.doesNotMatch(formatted.slice(0, -2), /(?!\t)\p{Cc}/u);
      assert.equal(blankControls(text).length, text.length);
    }),
  );
});
