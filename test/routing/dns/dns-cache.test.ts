import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDnsCache } from '../../../src/routing/dns/dns-cache.ts';

type Answer =
  | { readonly kind: 'found' | 'none'; readonly ttlSeconds: number; readonly serial: number }
  | { readonly kind: 'failed'; readonly serial: number };

function setUp(answerFor: (key: string, serial: number) => Answer, maxEntries = 100) {
  const world = { nowMs: 1000 };
  const asked: string[] = [];
  const ask = createDnsCache({
    maxEntries,
    now: () => world.nowMs,
    ask: async (key: string) => {
      asked.push(key);
      return answerFor(key, asked.length);
    },
  });
  return { ask, asked, world };
}

const rows: readonly (readonly [why: string, answer: Answer, heldSeconds: number])[] = [
  ['a positive answer for its TTL', { kind: 'found', ttlSeconds: 300, serial: 0 }, 300],
  ['a positive answer for a day at most', { kind: 'found', ttlSeconds: 1_000_000, serial: 0 }, 86_400],
  ['a negative answer for its TTL', { kind: 'none', ttlSeconds: 60, serial: 0 }, 60],
  ['a negative answer for three hours at most', { kind: 'none', ttlSeconds: 86_400, serial: 0 }, 10_800],
  ['a failure for five seconds', { kind: 'failed', serial: 0 }, 5],
];

for (const [why, answer, heldSeconds] of rows) {
  test(`keeps ${why}`, async () => {
    const { ask, asked, world } = setUp(() => answer);
    await ask('a');
    world.nowMs += heldSeconds * 1000 - 1;
    await ask('a');
    assert.equal(asked.length, 1);
    world.nowMs += 1;
    await ask('a');
    assert.equal(asked.length, 2);
  });
}

test('a TTL of 0 is not kept', async () => {
  const { ask, asked } = setUp((_, serial) => ({ kind: 'none', ttlSeconds: 0, serial }));
  await ask('a');
  assert.equal((await ask('a')).serial, 2);
  assert.equal(asked.length, 2);
});

test('an answer out of the cache says how long it still holds', async () => {
  const { ask, world } = setUp((_, serial) => ({ kind: 'found', ttlSeconds: 300, serial }));
  await ask('a');
  world.nowMs += 100_500;
  assert.deepEqual(await ask('a'), { kind: 'found', ttlSeconds: 200, serial: 1 });
});

test('the least recently used entry makes room', async () => {
  const { ask, asked } = setUp((_, serial) => ({ kind: 'found', ttlSeconds: 300, serial }), 2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(key);
  assert.deepEqual(asked, ['a', 'b', 'c', 'b']);
});

test('questions for one key share one query, those for another do not', async () => {
  const { ask, asked } = setUp((_, serial) => ({ kind: 'none', ttlSeconds: 0, serial }));
  const answers = await Promise.all(['a', 'a', 'b', 'a'].map((key) => ask(key)));
  assert.deepEqual(asked, ['a', 'b']);
  assert.deepEqual(
    answers.map(({ serial }) => serial),
    [1, 1, 2, 1],
  );
});

test('a query that throws fails those who wait for it, and nobody after them', async () => {
  const { ask, asked } = setUp((_, serial) => {
    if (serial === 1) throw new Error('once');
    return { kind: 'found', ttlSeconds: 300, serial };
  });
  const outcomes = await Promise.allSettled([ask('a'), ask('a')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal((await ask('a')).serial, 2);
  assert.equal(asked.length, 2);
});
