import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  commonExchangers,
  endpointNameOf,
  type Exchanger,
  type ExchangerSet,
  formatExchanger,
  hasSameAddresses,
  isPartOf,
  isSameSet,
  maxEndpointNameBytes,
  toExchangerSet,
} from '../../src/protocol/exchanger.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';

function setOf(...exchangers: readonly Exchanger[]): ExchangerSet {
  const set = toExchangerSet(exchangers);
  assert.ok(set !== undefined);
  return set;
}

const known = [1, 2, 3].map((number) => makeExchanger(number));
const anyExchanger = fc.record(
  {
    onionAddress: fc.constantFrom(...known.map(({ onionAddress }) => onionAddress)),
    port: fc.constantFrom(25, 26),
    priority: fc.constantFrom(0, 10),
    weight: fc.constantFrom(0, 5),
  },
  { noNullPrototype: true },
);
const someExchangers = fc.array(anyExchanger, { minLength: 1, maxLength: 8 });

test('an exchanger is written as address and port', () => {
  assert.equal(formatExchanger(makeExchanger(1, { port: 26 })), `${makeOnionAddress(1)}:26`);
});

test('no exchangers are no set', () => {
  assert.equal(toExchangerSet([]), undefined);
});

test('the lowest priority comes first, within it the greatest weight (RFC 2782)', () => {
  const last = makeExchanger(1, { priority: 20, weight: 9 });
  const second = makeExchanger(2, { priority: 10, weight: 1 });
  const first = makeExchanger(3, { priority: 10, weight: 7 });
  assert.deepEqual(setOf(last, second, first), [first, second, last]);
});

test('of an address and port that stand twice the preferred one is kept; another port is another exchanger', () => {
  const preferred = makeExchanger(1, { priority: 5 });
  const otherPort = makeExchanger(1, { priority: 7, port: 26 });
  assert.deepEqual(setOf(makeExchanger(1, { priority: 9 }), otherPort, preferred), [preferred, otherPort]);
});

test('the order in which exchangers were found does not matter', () => {
  fc.assert(
    fc.property(someExchangers, (exchangers) => {
      const [one, other] = [setOf(...exchangers), setOf(...exchangers.toReversed())];
      assert.deepEqual(one, other);
      assert.ok(isSameSet(one, other));
      assert.equal(new Set(one.map(formatExchanger)).size, one.length);
    }),
  );
});

test('one exchanger on port 25 has the endpoint of its address, whatever its priority', () => {
  assert.equal(endpointNameOf([makeExchanger(1)]), makeOnionAddress(1));
  assert.equal(endpointNameOf([makeExchanger(1, { priority: 7, weight: 7 })]), makeOnionAddress(1));
  assert.ok(isSameSet([makeExchanger(1)], [makeExchanger(1, { priority: 7 })]));
});

test('any other set has the endpoint of its first address and a tag', () => {
  const name = new RegExp(`^${makeOnionAddress(1).replace('.', '\\.')}-[a-z0-9]{12}$`);
  assert.match(endpointNameOf([makeExchanger(1, { port: 26 })]), name);
  assert.match(endpointNameOf([makeExchanger(1), makeExchanger(2, { priority: 1 })]), name);
});

test('sets have the same endpoint exactly when mail for the one may go to the other', () => {
  fc.assert(
    fc.property(someExchangers, someExchangers, (some, others) => {
      const [one, other] = [setOf(...some), setOf(...others)];
      assert.equal(endpointNameOf(one) === endpointNameOf(other), isSameSet(one, other));
      assert.ok(endpointNameOf(one).length <= maxEndpointNameBytes);
      assert.equal(endpointNameOf(one), endpointNameOf(one).toLowerCase());
    }),
    { numRuns: 500 },
  );
});

function addressesOf(set: ExchangerSet | undefined): ReadonlySet<string> {
  return new Set(set?.map(formatExchanger));
}

test('addresses and ports are compared whatever their preferences', () => {
  fc.assert(
    fc.property(someExchangers, someExchangers, (some, others) => {
      const [one, other] = [setOf(...some), setOf(...others)];
      const [ones, theirs] = [addressesOf(one), addressesOf(other)];
      const common = commonExchangers(one, other);
      assert.deepEqual(addressesOf(common), new Set([...ones].filter((name) => theirs.has(name))));
      for (const exchanger of common ?? [])
        assert.ok(one.includes(exchanger), 'with the preferences of the first');
      assert.equal(
        isPartOf(one, other),
        [...ones].every((name) => theirs.has(name)),
      );
      assert.equal(hasSameAddresses(one, other), isPartOf(one, other) && isPartOf(other, one));
    }),
  );
});

test('a port, a priority or a weight more makes another set', () => {
  const base = setOf(makeExchanger(1), makeExchanger(2));
  for (const change of [{ port: 26 }, { priority: 1 }, { weight: 1 }])
    assert.ok(!isSameSet(base, setOf(makeExchanger(1), makeExchanger(2, change))), JSON.stringify(change));
  assert.ok(!isSameSet([makeExchanger(1)], [makeExchanger(1, { port: 26 })]));
});
