import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withMemoryLock } from '../../../src/routing/memory/memory-lock.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

test('one at a time, also when the deed fails', async (t) => {
  const folder = makeTemporaryFolder(t);
  let [inside, most] = [0, 0];
  const deed = async (number: number) => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
    if (number % 2 === 0) throw new Error('oops');
    return number;
  };
  const all = Array.from({ length: 10 }, (_, number) => withMemoryLock(folder, () => deed(number)));
  const ended = await Promise.allSettled(all);
  assert.equal(most, 1);
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 5);
  assert.deepEqual(readdirSync(folder), []);
});

for (const [why, seconds] of [
  ['of one who was killed', 1000],
  ['of the future, as before the clock was set back', Date.now() / 1000 + 1000],
] as const) {
  test(`a lock ${why} is taken away, by one of several`, async (t) => {
    const folder = makeTemporaryFolder(t);
    writeFileSync(join(folder, '.lock'), '');
    utimesSync(join(folder, '.lock'), seconds, seconds);
    let [inside, most, count] = [0, 0, 0];
    const deed = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise(setImmediate);
      inside -= 1;
      count += 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withMemoryLock(folder, deed)));
    assert.deepEqual([most, count, readdirSync(folder)], [1, 10, []]);
  });
}

test('who lost the lock to another leaves that of the other', async (t) => {
  const folder = makeTemporaryFolder(t);
  const lock = join(folder, '.lock');
  await withMemoryLock(folder, async () => {
    utimesSync(lock, 1000, 1000);
  });
  assert.equal(existsSync(lock), true);
});

test('without a folder the system says so', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'none');
  await assert.rejects(
    withMemoryLock(folder, async () => {}),
    { code: 'ENOENT' },
  );
});
