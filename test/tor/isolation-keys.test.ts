import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isolationKeyOf, IsolationKeys, oneTimeKeyOf } from '../../src/tor/isolation-keys.ts';
import { makeExchanger } from '../made-up-onions.ts';

const exchanger = makeExchanger(1);

test('one key an exchanger and generation, whatever its preference', () => {
  const key = isolationKeyOf(exchanger, 0);
  assert.deepEqual(key, { user: 'onionmx', password: `${exchanger.onionAddress}:25#0` });
  assert.deepEqual(isolationKeyOf(makeExchanger(1, { priority: 9, weight: 9 }), 0), key);
});

test('another generation, port or address is another circuit', () => {
  const keys = [
    isolationKeyOf(exchanger, 0),
    isolationKeyOf(exchanger, 1),
    isolationKeyOf(makeExchanger(1, { port: 26 }), 0),
    isolationKeyOf(makeExchanger(2), 0),
  ];
  assert.equal(new Set(keys.map(({ password }) => password)).size, keys.length);
});

test('Tor takes it, and reads no meaning into it', () => {
  const { user, password } = isolationKeyOf(makeExchanger(1, { port: 65_535 }), Number.MAX_SAFE_INTEGER);
  assert.ok(password.length <= 255);
  assert.ok(!user.startsWith('<torS0X>'));
});

test('a key that many have found to be bad is retired once, and no other with it', () => {
  const keys = new IsolationKeys();
  const other = makeExchanger(2);
  const first = keys.keyFor(exchanger);
  assert.deepEqual(first, isolationKeyOf(exchanger, 0));
  keys.retire(exchanger, first);
  keys.retire(exchanger, first);
  assert.deepEqual(keys.keyFor(exchanger), isolationKeyOf(exchanger, 1));
  assert.deepEqual(keys.keyFor(other), isolationKeyOf(other, 0));
});

test('a key for one use is nobody else’s', () => {
  const [one, other] = [oneTimeKeyOf(exchanger), oneTimeKeyOf(exchanger)];
  assert.notDeepEqual(one, other);
  assert.equal(one.user, isolationKeyOf(exchanger, 0).user);
  assert.ok(one.password.length <= 255);
});
