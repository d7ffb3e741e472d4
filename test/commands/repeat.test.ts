import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeat } from '../../src/commands/repeat.ts';

test('the work is done again and again, until it is told to stop', async () => {
  let count = 0;
  const stopped = new Promise<void>((resolve) => {
    const repeating = repeat(async () => {
      count += 1;
      if (count < 3) return;
      repeating.stop();
      resolve();
    }, 1);
  });
  await stopped;
  await new Promise<void>((resolve) => void setImmediate(resolve));
  assert.equal(count, 3);
});
