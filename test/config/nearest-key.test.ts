import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNearestKey } from '../../src/config/nearest-key.ts';

const known = ['own', 'ignored', 'timeoutMs', 'tries', 'trustAd'];
const rows: readonly [why: string, key: string, nearest: string | undefined][] = [
  ['case', 'TIMEOUTMS', 'timeoutMs'],
  ['a letter too few', 'ignord', 'ignored'],
  ['a letter too many', 'triess', 'tries'],
  ['another letter', 'trieZ', 'tries'],
  ['two letters exchanged', 'ingored', 'ignored'],
  ['another unit', 'timeoutSec', 'timeoutMs'],
  ['a short key, one letter changed', 'owm', 'own'],
  ['nothing near', 'resolvers', undefined],
  ['a short key far away', 'abc', undefined],
  ['an empty key', '', undefined],
];

for (const [why, key, nearest] of rows) {
  test(`what ${JSON.stringify(key)} may mean: ${why}`, () => {
    assert.equal(findNearestKey(key, known), nearest);
  });
}
