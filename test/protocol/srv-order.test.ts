import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Exchanger, type ExchangerSet, toExchangerSet } from '../../src/protocol/exchanger.ts';
import { orderByWeight } from '../../src/protocol/srv-order.ts';
import { makeExchanger } from '../made-up-onions.ts';

const [one, two, three] = [makeExchanger(1), makeExchanger(2), makeExchanger(3)];

/** mulberry32: small, seeded, uniform enough for counting. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function countFirst(set: ExchangerSet, rounds: number): Map<Exchanger, number> {
  const random = seededRandom(42);
  const counts = new Map<Exchanger, number>();
  for (let round = 0; round < rounds; round++) {
    const [first] = orderByWeight(set, random);
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

const preference = fc.record({
  base: fc.constantFrom(one, two, three),
  port: fc.integer({ min: 1, max: 65_535 }),
  priority: fc.nat({ max: 3 }),
  weight: fc.oneof(fc.constant(0), fc.nat({ max: 65_535 })),
});
const exchangerSet = fc
  .array(preference, { minLength: 1, maxLength: 12 })
  .map((list) => toExchangerSet(list.map(({ base, ...rest }) => ({ ...base, ...rest }))))
  .filter((set) => set !== undefined);
const random = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 });

test('every exchanger comes once, priorities ascend, whatever the random numbers are', () => {
  fc.assert(
    fc.property(exchangerSet, random, (set, numbers) => {
      let next = 0;
      const ordered = orderByWeight(set, () => numbers[next++ % numbers.length] ?? 0);
      assert.deepEqual(new Set(ordered), new Set(set));
      assert.equal(ordered.length, set.length);
      const priorities = ordered.map(({ priority }) => priority);
      assert.deepEqual(
        priorities,
        priorities.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('weights are the shares of the load', () => {
  const light = { ...one, weight: 10 };
  const heavy = { ...two, weight: 30 };
  const middle = { ...three, weight: 20 };
  const counts = countFirst([heavy, middle, light], 12_000);
  for (const [exchanger, share] of [
    [heavy, 6000],
    [middle, 4000],
    [light, 2000],
  ] as const) {
    const count = counts.get(exchanger) ?? 0;
    assert.ok(Math.abs(count - share) < 400, `weight ${exchanger.weight} came first ${count} times of 12000`);
  }
});

test('weight 0 beside others has a very small chance, but has one', () => {
  const idle = { ...one, weight: 0 };
  const count = countFirst([{ ...two, weight: 99 }, idle], 10_000).get(idle) ?? 0;
  assert.ok(count > 0 && count < 300, `${count} of 10000`);
});

test('equals without weight share the load', () => {
  const counts = countFirst([one, two, three], 9000);
  for (const exchanger of [one, two, three]) {
    const count = counts.get(exchanger) ?? 0;
    assert.ok(Math.abs(count - 3000) < 300, `${count} of 9000`);
  }
});

test('the smallest random number picks the exchanger with weight 0 first, the largest never does', () => {
  const set: ExchangerSet = [
    { ...two, weight: 1 },
    { ...one, weight: 0 },
  ];
  assert.deepEqual(
    orderByWeight(set, () => 0).map(({ weight }) => weight),
    [0, 1],
  );
  assert.deepEqual(
    orderByWeight(set, () => 1 - 2 ** -53).map(({ weight }) => weight),
    [1, 0],
  );
});
