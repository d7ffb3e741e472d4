import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeCommandLine } from '../../src/protocol/command-lines.ts';

test('lines are taken off one by one, without their CRLF', () => {
  const first = takeCommandLine(Buffer.from('NOOP\r\n\r\nQU'));
  assert.deepEqual(first, { kind: 'line', line: Buffer.from('NOOP'), rest: Buffer.from('\r\nQU') });
  const second = takeCommandLine(Buffer.from('\r\nQU'));
  assert.deepEqual(second, { kind: 'line', line: Buffer.alloc(0), rest: Buffer.from('QU') });
  assert.deepEqual(takeCommandLine(Buffer.from('QU')), { kind: 'incomplete' });
  assert.deepEqual(takeCommandLine(Buffer.from('QUIT\r')), { kind: 'incomplete' });
});

for (const [bytes, why] of [
  ['QUIT\nNOOP\r\n', 'a bare LF'],
  ['\n', 'a bare LF alone'],
  ['RCPT TO:<a@b.test>\nQUIT\r\n', 'a command hidden behind a bare LF'],
  ['x'.repeat(4097), 'too long, with no end in sight'],
  [`${'x'.repeat(4095)}\r\n`, 'too long by one byte'],
] as const) {
  test(`${why}: nothing after it can be trusted`, () => {
    const taken = takeCommandLine(Buffer.from(bytes));
    assert.equal(taken.kind, 'broken');
    assert.ok(
      taken.kind === 'broken' && taken.reply.code === 500 && taken.reply.lines[0].startsWith('5.5.2 '),
    );
  });
}

test('a line of 4096 bytes is taken', () => {
  assert.equal(takeCommandLine(Buffer.from(`${'x'.repeat(4094)}\r\n`)).kind, 'line');
});
