import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachBounded } from '../../src/commands/run-bounded.ts';

test('all are done, never more at once than allowed', async () => {
  const done: number[] = [];
  let [running, most] = [0, 0];
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
  });
  assert.deepEqual(
    done.toSorted((one, other) => one - other),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.equal(most, 3);
});

test('nothing is no work', () => forEachBounded([], 3, () => assert.fail('called')));

test('after a failure nothing new is begun', async () => {
  const begun: number[] = [];
  await assert.rejects(
    forEachBounded([1, 2, 3], 1, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('two');
    }),
    /two/,
  );
  assert.deepEqual(begun, [1, 2]);
});
