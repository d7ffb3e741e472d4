import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { matchAddressList } from '../../src/relay-check/address-list.ts';
import { type IpRange, parseIpRange, rangeHolds } from '../../src/mail-host/ip-range.ts';

function readRange(text: string): IpRange {
  const range = parseIpRange(text);
  assert.ok(range, text);
  return range;
}

const lists = [
  { list: '127.0.0.1', client: '127.0.0.1', expected: 'in', reason: 'the address' },
  { list: '127.0.0.0/8, 10.0.0.0/8', client: '10.1.2.3', expected: 'in', reason: 'a network, after a comma' },
  { list: '127.0.0.0/8', client: '128.0.0.1', expected: 'out', reason: 'another network' },
  { list: '0.0.0.0/0', client: '203.0.113.9', expected: 'in', reason: 'all of IPv4' },
  { list: '0.0.0.0/0', client: '::1', expected: 'out', reason: 'but not of IPv6' },
  { list: '[::1]/128', client: '::1', expected: 'in', reason: 'IPv6' },
  { list: '[0:0:0:0:0:0:0:1]', client: '::1', expected: 'in', reason: 'IPv6 written out' },
  {
    list: '[::ffff:127.0.0.0]/104',
    client: '127.0.0.1',
    expected: 'out',
    reason: 'Postfix tells the families apart',
  },
  { list: '!127.0.0.1 127.0.0.0/8', client: '127.0.0.1', expected: 'out', reason: 'excluded first' },
  { list: '127.0.0.0/8 !127.0.0.1', client: '127.0.0.1', expected: 'in', reason: 'excluded too late' },
  { list: '!127.0.0.2 127.0.0.0/8', client: '127.0.0.1', expected: 'in', reason: 'another one is excluded' },
  { list: '!10.0.0.1 10.0.0.0/8', client: '10.0.0.0/24', expected: 'in', reason: 'a part is excluded' },
  { list: '10.0.0.1', client: '10.0.0.0/24', expected: 'in', reason: 'a part is in' },
  { list: 'LocalHost', client: '127.0.0.1', expected: 'in', reason: 'by name' },
  { list: 'mx.test', client: '127.0.0.1', expected: 'out', reason: 'by another name' },
  { list: 'hash:/etc/networks', client: '127.0.0.1', expected: 'unreadable', reason: 'a table' },
  { list: '/etc/networks', client: '127.0.0.1', expected: 'unreadable', reason: 'a file' },
  { list: '!hash:/etc/networks', client: '127.0.0.1', expected: 'out', reason: 'a table can only exclude' },
  {
    list: 'hash:/etc/networks 127.0.0.1',
    client: '127.0.0.1',
    expected: 'in',
    reason: 'in, whatever the table says',
  },
  {
    list: 'hash:/etc/n !127.0.0.1',
    client: '127.0.0.1',
    expected: 'unreadable',
    reason: 'the table comes first',
  },
  { list: '127.0.0.0/33', client: '127.0.0.1', expected: 'unreadable', reason: 'no network' },
  { list: '127.0.0.256', client: '127.0.0.1', expected: 'out', reason: 'no address' },
  { list: '[::g]', client: '::1', expected: 'unreadable', reason: 'no address' },
  { list: '', client: '127.0.0.1', expected: 'out', reason: 'nobody' },
];

test('the first entry that matches decides', () => {
  for (const { list, client, expected, reason } of lists) {
    const match = matchAddressList(list, { range: readRange(client), name: 'localhost' });
    assert.equal(match.kind, expected, `${client} in ${list}: ${reason}`);
  }
});

test('every range holds its addresses, and itself', () => {
  const networks = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  fc.assert(
    fc.property(networks, ([address, length]) => {
      assert.ok(rangeHolds(readRange(`${address}/${length}`), readRange(address)));
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, length) => {
      assert.ok(rangeHolds(readRange(`[${address}]/${length}`), readRange(`[${address}]`)));
    }),
  );
});

test('no list is too strange', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    ':',
    '::',
    '1',
    '/',
    '!',
    '.',
    ' ',
    '$',
    '{',
    '}',
    'f',
    '127.0.0.1',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (list) => {
      matchAddressList(list, { range: readRange('::1'), name: 'localhost' });
    }),
  );
});
