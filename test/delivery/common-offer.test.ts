import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonOfferOf } from '../../src/delivery/common-offer.ts';
import type { CommonOffer } from '../../src/delivery/session.ts';

const all: CommonOffer = {
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  startTls: true,
  requireTls: false,
  maxMessageBytes: 0,
};

const rows: readonly [why: string, other: Partial<CommonOffer>, expected: Partial<CommonOffer>][] = [
  ['the same', {}, {}],
  ['one lacks 8BITMIME', { eightBitMime: false }, { eightBitMime: false }],
  ['one lacks SMTPUTF8', { smtpUtf8: false }, { smtpUtf8: false }],
  ['one lacks DSN', { dsn: false }, { dsn: false }],
  ['one lacks STARTTLS', { startTls: false }, { startTls: false }],
  ['one is inside TLS already', { startTls: false, requireTls: true }, {}],
  ['a limit is lower than none', { maxMessageBytes: 1000 }, { maxMessageBytes: 1000 }],
  ['one does not know SIZE', { maxMessageBytes: undefined }, { maxMessageBytes: undefined }],
];

for (const [why, other, expected] of rows) {
  test(`what all can do: ${why}`, () => {
    assert.deepEqual(commonOfferOf([all, { ...all, ...other }]), { ...all, ...expected });
    assert.deepEqual(commonOfferOf([{ ...all, ...other }, all]), { ...all, ...expected });
  });
}

test('the lowest of two limits', () => {
  const limits = [2000, 0, 1000].map((maxMessageBytes) => ({ ...all, maxMessageBytes }));
  assert.equal(commonOfferOf(limits).maxMessageBytes, 1000);
});
