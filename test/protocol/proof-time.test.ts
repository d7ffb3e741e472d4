import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatProofTime, isProofTime, parseProofTime } from '../../src/protocol/proof-time.ts';

const last = 253_402_300_799;

for (const [text, seconds] of [
  ['1970-01-01T00:00:00Z', 0],
  ['2026-01-01T00:00:00Z', 1_767_225_600],
  ['2028-02-29T23:59:59Z', 1_835_481_599],
  ['9999-12-31T23:59:59Z', last],
] as const) {
  test(`${text}, both ways`, () => {
    assert.equal(parseProofTime(text), seconds);
    assert.equal(formatProofTime(seconds), text);
  });
}

for (const [text, why] of [
  ['', 'nothing'],
  ['2026-02-30T00:00:00Z', 'a day that does not exist'],
  ['2027-02-29T00:00:00Z', 'no leap year'],
  ['2026-13-01T00:00:00Z', 'no month'],
  ['2026-01-01T24:00:00Z', 'another spelling of the next day'],
  ['2026-06-30T23:59:60Z', 'a leap second'],
  ['1969-12-31T23:59:59Z', 'before all'],
  ['2026-01-01T00:00:00.000Z', 'parts of seconds'],
  ['2026-01-01T00:00:00+00:00', 'another spelling of UTC'],
  ['2026-01-01T00:00:00z', 'a small letter'],
  ['2026-01-01 00:00:00Z', 'a blank'],
  ['+010000-01-01T00:00:00Z', 'five digits'],
  ['2026-01-01T00:00:00Z\n', 'a line end'],
] as const) {
  test(`no time: ${why}`, () => assert.equal(parseProofTime(text), undefined));
}

test('round trip', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last }), (seconds) => {
      assert.equal(parseProofTime(formatProofTime(seconds)), seconds);
    }),
  );
});

test('what a proof can hold', () => {
  assert.deepEqual([0, last, -1, last + 1, 0.5, Number.NaN].map(isProofTime), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
