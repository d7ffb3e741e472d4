import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { SocksHandshake } from '../../src/protocol/socks5.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

const target = { host: 'abc.onion', port: 25 };
const key = { user: 'onionmx', password: 'abc.onion:25#0' };
const methodReply = Buffer.of(5, 2);
const authReply = Buffer.of(1, 0);
const replies = {
  'IPv4, as on a TCP SocksPort': Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
  'IPv6, as on a Unix-domain SocksPort': Buffer.concat([Buffer.of(5, 0, 0, 4), Buffer.alloc(18)]),
  'a host name': Buffer.concat([Buffer.of(5, 0, 0, 3, 9), Buffer.from('abc.onion'), Buffer.of(0, 25)]),
  'a host name of no length': Buffer.of(5, 0, 0, 3, 0, 0, 25),
  'the longest host name': Buffer.concat([Buffer.of(5, 0, 0, 3, 255), Buffer.alloc(257, 'x')]),
};
const banner = Buffer.from('220 mx.example.test ESMTP\r\n');

/** The handshake up to the point where it waits for the proxy's answer to the request, or where `answers` runs out. */
function begin(...answers: readonly Buffer[]): SocksHandshake {
  const handshake = new SocksHandshake(target, key);
  handshake.step();
  for (const answer of answers) handshake.step(answer);
  return handshake;
}

test('the method goes alone, then authentication and request together', () => {
  const handshake = new SocksHandshake(target, key);
  assert.deepEqual(handshake.step(), { kind: 'send', bytes: Buffer.of(5, 1, 2) });
  assert.equal(handshake.isMethodAgreed, false);
  const second = handshake.step(methodReply);
  assert.equal(handshake.isMethodAgreed, true);
  assert.deepEqual(
    second.kind === 'send' && second.bytes.toString('latin1'),
    '\x01\x07onionmx\x0eabc.onion:25#0\x05\x01\x00\x03\x09abc.onion\x00\x19',
  );
});

for (const [what, reply] of Object.entries(replies)) {
  for (const size of chunkSizes) {
    test(`a reply with ${what}, in pieces of ${size}, and what came after it`, () => {
      const handshake = begin(methodReply);
      const whole = Buffer.concat([authReply, reply, banner]);
      const rests: Buffer[] = [];
      for (const chunk of cutIntoChunks(whole, size)) {
        if (rests.length > 0) {
          rests.push(chunk);
          continue;
        }
        const step = handshake.step(chunk);
        if (step.kind === 'connected') rests.push(step.rest);
        else assert.equal(step.kind, 'incomplete');
      }
      assert.deepEqual(Buffer.concat(rests), banner);
    });
  }
}

test('an answer to the method in two pieces is waited for', () => {
  const handshake = begin();
  assert.deepEqual(handshake.step(methodReply.subarray(0, 1)), { kind: 'incomplete' });
  assert.equal(handshake.step(methodReply.subarray(1)).kind, 'send');
});

test('a refusal is known by its second octet: some proxies close before the address', () => {
  for (let code = 1; code <= 0xff; code++) {
    const handshake = begin(methodReply, authReply);
    assert.deepEqual(handshake.step(Buffer.of(5)), { kind: 'incomplete' });
    assert.deepEqual(handshake.step(Buffer.of(code)), { kind: 'refused', code });
  }
});

for (const [answers, complaint, why] of [
  [[Buffer.from('HTTP/1.0 400')], 'unexpected SOCKS5 version 0x48', 'an HTTP server'],
  [[Buffer.of(4, 2)], 'unexpected SOCKS5 version 0x04', 'SOCKS4'],
  [[Buffer.of(5, 0xff)], 'unexpected SOCKS5 method 0xFF', 'it takes none of our methods'],
  [[Buffer.of(5, 0)], 'unexpected SOCKS5 method 0x00', 'no isolation without user and password'],
  [[Buffer.of(5, 2, 1)], 'the proxy answers before it is asked', 'a reply that cannot be one to us'],
  [[methodReply, Buffer.of(5, 0)], 'unexpected SOCKS5 authentication version 0x05', 'a reply out of step'],
  [
    [methodReply, Buffer.of(1, 1)],
    'unexpected SOCKS5 authentication status 0x01',
    'user and password refused',
  ],
  [[methodReply, authReply, Buffer.of(4, 0)], 'unexpected SOCKS5 reply version 0x04', 'a reply out of step'],
  [[methodReply, authReply, Buffer.of(5, 0, 0, 2)], 'unexpected SOCKS5 address type 0x02', 'no such type'],
] as const) {
  test(`${complaint}: ${why}`, () => {
    assert.throws(() => begin(...answers), { code: 'socks-protocol', message: complaint });
  });
}

for (const [host, port, user, password, why] of [
  ['', 25, 'u', 'p', 'no host'],
  ['a'.repeat(256), 25, 'u', 'p', 'the length is one octet'],
  ['abc.onion\0.example', 25, 'u', 'p', 'NUL ends a name for some'],
  ['abc.onion\r\n', 25, 'u', 'p', 'a line end'],
  ['ä.onion', 25, 'u', 'p', 'not ASCII'],
  ['abc.onion', 0, 'u', 'p', 'no port'],
  ['abc.onion', 65_536, 'u', 'p', 'the port has 16 bits'],
  ['abc.onion', 25.5, 'u', 'p', 'no whole number'],
  ['abc.onion', 25, '', 'p', 'RFC 1929: at least 1'],
  ['abc.onion', 25, 'u', '', 'RFC 1929: at least 1'],
  ['abc.onion', 25, 'ä'.repeat(128), 'p', 'octets count, not characters'],
  ['abc.onion', 25, 'u', 'x'.repeat(256), 'RFC 1929: 255 at most'],
] as const) {
  test(`never written: ${why}`, () => {
    assert.throws(() => new SocksHandshake({ host, port }, { user, password }), { code: 'bug' });
  });
}

test('the longest of everything is written', () => {
  const longest = 'x'.repeat(255);
  const handshake = new SocksHandshake({ host: longest, port: 65_535 }, { user: longest, password: longest });
  handshake.step();
  const request = handshake.step(methodReply);
  assert.equal(request.kind === 'send' && request.bytes.length, 1 + 256 + 256 + 4 + 256 + 2);
});

test('whatever a proxy sends, in whatever pieces: a step or an OnionmxError', () => {
  const octets = fc.uint8Array({ maxLength: 40 });
  const likely = fc.constantFrom(methodReply, authReply, ...Object.values(replies));
  fc.assert(
    fc.property(fc.array(fc.oneof(octets, likely), { maxLength: 8 }), (pieces) => {
      const handshake = new SocksHandshake(target, key);
      handshake.step();
      try {
        for (const piece of pieces) {
          if (['connected', 'refused'].includes(handshake.step(piece).kind)) return;
        }
      } catch (error) {
        assert.ok(error instanceof OnionmxError && error.code === 'socks-protocol');
      }
    }),
  );
});

test('the result does not depend on how the answer is cut', () => {
  const tail = fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(replies)), tail, (reply, [after, size]) => {
      const handshake = begin(methodReply);
      const chunks = cutIntoChunks(Buffer.concat([authReply, reply, after]), size);
      const rest = chunks.flatMap((chunk, index) => {
        const step = handshake.step(chunk);
        return step.kind === 'connected' ? [step.rest, ...chunks.splice(index + 1)] : [];
      });
      assert.deepEqual(Buffer.concat(rest), Buffer.from(after));
    }),
  );
});
