import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type EsmtpCapabilities,
  noCapabilities,
  parseCapabilities,
} from '../../src/protocol/esmtp-capabilities.ts';

const table: readonly [why: string, lines: readonly string[], expected: Partial<EsmtpCapabilities>][] = [
  ['nothing offered', [], {}],
  [
    'all that we use, in any case',
    [
      'pipelining',
      'CHUNKING',
      '8BitMime',
      'SMTPUTF8',
      'DSN',
      'ENHANCEDSTATUSCODES',
      'STARTTLS',
      'RequireTLS',
      'SIZE 1000',
    ],
    {
      pipelining: true,
      chunking: true,
      eightBitMime: true,
      smtpUtf8: true,
      dsn: true,
      enhancedStatusCodes: true,
      startTls: true,
      requireTls: true,
      maxMessageBytes: 1000,
    },
  ],
  ['SIZE without a number: no limit known', ['SIZE'], { maxMessageBytes: 0 }],
  ['SIZE 0: no fixed limit', ['SIZE 0'], { maxMessageBytes: 0 }],
  ['SIZE with nonsense: as without a number', ['SIZE lots'], { maxMessageBytes: 0 }],
  ['tabs and spaces at the end', ['SIZE\t99 ', 'DSN  '], { maxMessageBytes: 99, dsn: true }],
  ['old AUTH= and unknown keywords', ['AUTH=LOGIN', 'AUTH PLAIN', 'X-PIPELINING', 'ETRN', ''], {}],
];

for (const [why, lines, expected] of table) {
  test(`EHLO reply: ${why}`, () => {
    const parsed = parseCapabilities({ code: 250, lines: ['mx.example.test', ...lines] });
    assert.deepEqual(parsed, { ...noCapabilities, ...expected });
  });
}

test('the greeting line is no keyword', () => {
  assert.deepEqual(parseCapabilities({ code: 250, lines: ['PIPELINING'] }), noCapabilities);
});
