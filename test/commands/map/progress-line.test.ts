import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProgressLine } from '../../../src/commands/map/progress-line.ts';

function show(isTTY: boolean | undefined): string {
  let text = '';
  const write = (more: string) => void (text += more);
  const line = openProgressLine(isTTY === undefined ? { write } : { isTTY, write });
  line.show(1, 3);
  line.show(0, 0);
  line.clear();
  return text;
}

test('on a terminal the line is written over, and gone at the end', () => {
  const [empty, third] = [' '.repeat(30), `${'#'.repeat(10)}${' '.repeat(20)}`];
  assert.equal(show(true), `\r\u{1b}[K[${third}] 1/3\r\u{1b}[K[${empty}] 0/0\r\u{1b}[K`);
});

test('into a file or a pipe nothing is written', () => {
  assert.deepEqual([show(undefined), show(false)], ['', '']);
});
