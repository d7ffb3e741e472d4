import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createWorkQueue } from '../../src/routing/work-queue.ts';

/** Work that goes on until it is told to end. */
function createWork() {
  const ends: (() => void)[] = [];
  return {
    started: () => ends.length,
    work: () => new Promise<void>((resolve) => ends.push(resolve)),
    end: (index: number) => ends[index]?.(),
  };
}

/** Lets all that is decided happen. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('so much at once, in order; so much waits; the rest is not taken', async () => {
  const { work, started, end } = createWork();
  const enqueue = createWorkQueue(2, 3);
  const isTaken = () => enqueue(work) !== undefined;
  assert.deepEqual(Array.from({ length: 7 }, isTaken), [true, true, true, true, true, false, false]);
  assert.equal(started(), 2);
  end(0);
  await settle();
  assert.equal(started(), 3);
  assert.equal(isTaken(), true, 'one place is free');
  assert.equal(isTaken(), false);
});

test('who asks is told of a failure; the next in the queue goes on', async () => {
  const enqueue = createWorkQueue(1, 3);
  const failing = enqueue(() => Promise.reject(new Error('oops')));
  let isDone = false;
  const next = enqueue(async () => {
    isDone = true;
  });
  await assert.rejects(failing ?? Promise.resolve(), /oops/);
  await next;
  assert.ok(isDone);
});

test('property: each work that is taken is done once, and never too many at once', async () => {
  const works = fc.array(fc.nat(3), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), works, async (maxAtOnce, turns) => {
      const enqueue = createWorkQueue(maxAtOnce, 20);
      let [running, done, taken] = [0, 0, 0];
      for (const ticks of turns) {
        const work = enqueue(async () => {
          running += 1;
          assert.ok(running <= maxAtOnce);
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
          running -= 1;
          done += 1;
        });
        if (work !== undefined) taken += 1;
        if (ticks === 0) await Promise.resolve();
      }
      await settle();
      assert.deepEqual([done, running], [taken, 0]);
      assert.ok(taken >= Math.min(turns.length, 20));
    }),
  );
});
