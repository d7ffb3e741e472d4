/** The maps that are shipped have to be in order: operators copy from them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { reviewMap } from '../src/routing/map/review-map.ts';

for (const file of readdirSync('data')) {
  test(`data/${file} is in order, and says where it is from`, () => {
    const text = readFileSync(`data/${file}`, 'utf8');
    assert.match(text, /https:\/\/\S+, \S+, commit [0-9a-f]{40}\n/);
    const { complaints, warnings, entries } = reviewMap([{ file, text }]);
    assert.deepEqual([complaints, warnings], [[], []]);
    assert.ok(entries.size > 0);
  });
}
