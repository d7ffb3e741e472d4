import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { domainOfAddress, formatPlainAddress, parsePlainAddress } from '../../src/protocol/mail-address.ts';

const table: readonly [why: string, address: string, domain: string | undefined][] = [
  ['an address as Postfix asks for it', 'bob@example.org', 'example.org'],
  ['an envelope path', '<bob@example.org>', 'example.org'],
  ['the case is the parser’s business', 'Bob@EXAMPLE.org', 'EXAMPLE.org'],
  ['a name with its root', 'bob@example.org.', 'example.org'],
  ['the last @ counts', 'bob@home@example.org', 'example.org'],
  ['an @ in a quoted local part', '"bob@home"@example.org', 'example.org'],
  ['only a quoted local part', '"bob@home"', undefined],
  ['a source route (RFC 5321 appendix F.2)', '<@a.test,@b.test:bob@example.org>', 'example.org'],
  ['a source route without a mailbox', '@a.test,@b.test:bob', undefined],
  ['a source route of one host without a mailbox', '<@a.test:bob>', undefined],
  ['a table key for a whole domain', '@example.org', 'example.org'],
  ['an IPv4 literal', 'bob@[192.0.2.1]', '[192.0.2.1]'],
  ['an IPv6 literal has colons', 'bob@[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
  ['a domain of letters beyond ASCII', 'bob@bücher.example', 'bücher.example'],
  ['a local name', 'bob', undefined],
  ['no domain behind the @', 'bob@', undefined],
  ['only the root behind the @', 'bob@.', undefined],
  ['the null sender', '<>', undefined],
  ['nothing', '', undefined],
  ['Postfix’s catch-all key', '*', undefined],
];

for (const [why, address, domain] of table) {
  test(`the domain of ${JSON.stringify(address)}: ${why}`, () => {
    assert.equal(domainOfAddress(address), domain);
  });
}

test('whatever stands before the last @, the domain is what stands behind it', () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), (local, domain) => {
      assert.equal(domainOfAddress(`${local}@${domain}`), domain);
    }),
  );
});

test('an address without an @ has no domain', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(domainOfAddress(text.replaceAll('@', '')), undefined);
    }),
  );
});

for (const [address, localPart, domain] of [
  ['blackhole@example.org', 'blackhole', 'example.org'],
  ['Test.1_a-b@Bücher.example', 'test.1_a-b', 'xn--bcher-kva.example'],
] as const) {
  test(`a plain address: ${address}`, () => {
    assert.deepEqual(parsePlainAddress(address), { localPart, domain });
    assert.equal(formatPlainAddress(parsePlainAddress(address)), `${localPart}@${domain}`);
  });
}

for (const text of [
  '',
  'a',
  '@example.org',
  'a@',
  'a+b@example.org',
  'a..b@example.org',
  '.a@b.org',
  '"a"@b.org',
  'a@b@c.org',
  'a/b@c.org',
]) {
  test(`no plain address: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePlainAddress(text), { code: 'mail-address-invalid' });
  });
}
