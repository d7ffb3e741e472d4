import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, encode } from 'dns-packet';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { toDnsName } from '../../src/protocol/dns-name.ts';
import { encodeDnsQuery } from '../../src/protocol/dns-query.ts';
import { decodeDnsResponse } from '../../src/protocol/dns-response.ts';
import { cname, replyTo, soa, srv } from '../dns-replies.ts';

const name = toDnsName('_onion-mx._tcp.example.org');
assert.ok(name !== undefined);
const query = encodeDnsQuery({ name, type: 'SRV' }, 7);
const read = (options: Parameters<typeof replyTo>[1]) =>
  decodeDnsResponse(replyTo(query, options), 'SRV', 16_384);

test('SRV and CNAME records come with folded owner, TTL and fields', () => {
  const response = read({
    flags: ['AD'],
    answers: [
      cname('_Onion-MX._tcp.example.org', 'x.Example.net', 60),
      srv('X.example.net', 'Target.test', { ttl: 120, priority: 5, weight: 6, port: 26 }),
    ],
  });
  assert.deepEqual(response.aliases, [
    { owner: '_onion-mx._tcp.example.org', ttlSeconds: 60, target: 'x.Example.net' },
  ]);
  assert.deepEqual(response.records, [
    { owner: 'x.example.net', ttlSeconds: 120, priority: 5, weight: 6, port: 26, target: 'Target.test' },
  ]);
  assert.deepEqual([response.rcode, response.isAuthenticated, response.isFromResolver], [0, true, true]);
});

test('the AD bit is read as it is', () => {
  assert.equal(read({}).isAuthenticated, false);
});

test('the rcode has the upper bits of EDNS', () => {
  assert.equal(read({ rcode: 3 }).rcode, 3);
  assert.equal(read({ rcode: 16 }).rcode, 16);
});

test('a server that neither recurses nor is the authority is told apart', () => {
  assert.equal(read({ without: 'RA' }).isFromResolver, false);
});

test('an answer without EDNS is fine', () => {
  const bytes = encode({ type: 'response', id: 7, questions: [{ type: 'SRV', name: 'a.test' }] });
  const { rcode, extendedErrors } = decodeDnsResponse(bytes, 'SRV', 512);
  assert.deepEqual({ rcode, extendedErrors }, { rcode: 0, extendedErrors: [] });
});

test('the root as target is a dot', () => {
  assert.equal(read({ answers: [srv(name, '.')] }).records[0]?.target, '.');
});

test('a negative answer holds for the smaller of the TTL and the minimum of its SOA (RFC 2308)', () => {
  assert.equal(read({ authorities: [soa('example.org', 3600, 300)] }).negativeTtlSeconds, 300);
  assert.equal(read({ authorities: [soa('example.org', 60, 300)] }).negativeTtlSeconds, 60);
  assert.equal(read({}).negativeTtlSeconds, undefined);
});

test('a TTL with the top bit set counts as 0 (RFC 2181)', () => {
  assert.equal(read({ answers: [srv(name, 'a.test', { ttl: 0x8000_0000 })] }).records[0]?.ttlSeconds, 0);
  assert.equal(
    read({ answers: [srv(name, 'a.test', { ttl: 0x7fff_ffff })] }).records[0]?.ttlSeconds,
    0x7fff_ffff,
  );
});

test('records of another class, and of multicast DNS, are left out', () => {
  const chaos: Answer = { type: 'CNAME', class: 'CH', name, ttl: 1, data: 'b.test' };
  const flushed: Answer = { type: 'CNAME', class: 'IN', flush: true, name, ttl: 1, data: 'b.test' };
  const timers = { serial: 1, refresh: 60, retry: 60, expire: 60, minimum: 60 };
  const zone: Answer = {
    type: 'SOA',
    class: 'CH',
    name,
    ttl: 60,
    data: { mname: 'a', rname: 'b', ...timers },
  };
  const hesiod: Answer = { type: 'SRV', class: 'HS', name, ttl: 1, data: { port: 25, target: 'a.test' } };
  const response = read({
    answers: [chaos, flushed, hesiod],
    authorities: [zone],
  });
  assert.deepEqual([response.aliases, response.records, response.negativeTtlSeconds], [[], [], undefined]);
});

test('extended errors come with code and text', () => {
  assert.deepEqual(read({ rcode: 2, extendedError: 6 }).extendedErrors, [{ code: 6, text: 'because' }]);
});

test('an answer above the limit is refused unread', () => {
  assert.throws(
    () => decodeDnsResponse(replyTo(query), 'SRV', 20),
    /it has \d+ octets, more than the 20 allowed/,
  );
});

test('an answer cut anywhere is malformed', () => {
  const whole = replyTo(query, { answers: [srv(name, 'a.test')], extendedError: 6 });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => decodeDnsResponse(whole.subarray(0, length), 'SRV', 512),
      (error) => error instanceof OnionmxError && error.code === 'dns-malformed',
    );
  }
});

test('mutated answers become a value or dns-malformed', () => {
  const whole = replyTo(query, {
    flags: ['AD'],
    answers: [cname(name, 'b.test'), srv('b.test', 'a.test')],
    authorities: [soa('example.org', 60, 60)],
    extendedError: 9,
  });
  const mutation = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
      const bytes = Buffer.from(whole);
      for (const [offset, value] of mutations) bytes.writeUInt8(value, offset);
      assert.ok(isValueOrMalformed(bytes));
    }),
    { numRuns: 5000 },
  );
});

test('random bytes become a value or dns-malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(isValueOrMalformed(Buffer.from(bytes)));
    }),
    { numRuns: 2000 },
  );
});

function isValueOrMalformed(bytes: Buffer): boolean {
  try {
    const { rcode, records } = decodeDnsResponse(bytes, 'SRV', 512);
    return rcode >= 0 && rcode <= 0xfff && records.every(({ port }) => port >= 0 && port <= 0xffff);
  } catch (error) {
    return error instanceof OnionmxError && error.code === 'dns-malformed';
  }
}
