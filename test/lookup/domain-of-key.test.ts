import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { domainOfKey } from '../../src/lookup/domain-of-key.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onion = makeOnionAddress(1);

const withDomain = [
  { key: 'bob@b.test', domain: 'b.test', reason: 'what Postfix asks for a recipient' },
  { key: 'Bob@B.Test', domain: 'b.test', reason: 'Postfix does not fold the case' },
  { key: 'bob@b.test.', domain: 'b.test', reason: 'the root dot says nothing' },
  { key: 'bob+x@sub.b.test', domain: 'sub.b.test', reason: 'the whole domain, no parent' },
  { key: '"a@b"@c.test', domain: 'c.test', reason: 'the domain follows the last @' },
  { key: 'a@b@c.test', domain: 'c.test', reason: 'the same without quotes, as tables get it' },
  { key: 'bob@bücher.test', domain: 'xn--bcher-kva.test', reason: 'A-labels' },
  { key: '<bob@b.test>', domain: 'b.test', reason: 'as SMTP writes it' },
  { key: 'b.test', domain: 'b.test', reason: 'people ask for a domain' },
  { key: '@b.test', domain: 'b.test', reason: 'people ask for a domain, table style' },
  { key: 'root@localhost', domain: 'localhost', reason: 'one label is a domain after an @' },
  { key: `bob@${onion}`, domain: onion, reason: 'an onion address' },
  { key: `bob@mail.${onion.toUpperCase()}.`, domain: `mail.${onion}`, reason: 'a subdomain of one' },
  { key: `[${onion}]`, domain: onion, reason: 'the nexthop style' },
  { key: `bob@[${onion}]`, domain: onion, reason: 'the same after an @' },
  { key: 'bob@short.onion', domain: 'short.onion', reason: 'a name: the router says what is wrong with it' },
  { key: 'bob@short\u3002onion', domain: 'short.onion', reason: 'the dot of Asian keyboards' },
  { key: 'bob@onion', domain: 'onion', reason: 'the top itself' },
];

test('the domain is found in addresses, domains and nexthops', () => {
  for (const { key, domain, reason } of withDomain) {
    assert.deepEqual(domainOfKey(key), { kind: 'domain', domain }, reason);
  }
});

const withoutDomain = [
  { key: '', reason: 'it is the empty address' },
  { key: '<>', reason: 'it is the empty address' },
  { key: '*', reason: 'the key "*" stands for all mail, which is never taken' },
  { key: 'postmaster', reason: 'it holds no domain' },
  { key: 'bob@[192.0.2.1]', reason: 'it is an IP address' },
  { key: 'bob@192.0.2.1', reason: 'it is an IP address' },
  { key: '192.0.2.1', reason: 'it is an IP address' },
  { key: 'bob@[IPv6:2001:db8::1]', reason: 'it is an IP address' },
  { key: 'bob@', reason: '"" is no domain name: it is empty or cannot be written in A-labels' },
  { key: 'bob@*', reason: '"*" is no domain name: the label "*" is not allowed' },
  { key: 'bob@b..test', reason: '"b..test" is no domain name: it has an empty label' },
  { key: 'bob@b.test:25', reason: '"b.test:25" is no domain name: the label "test:25" is not allowed' },
  { key: 'bob@b_c.test', reason: '"b_c.test" is no domain name: the label "b_c" is not allowed' },
  { key: `bob@${'\u4e00'.repeat(1001)}.test`, reason: 'it is longer than 1000 characters' },
  { key: '"x@evil.onion"', reason: '"evil.onion\\"" is no domain name: the label "onion\\"" is not allowed' },
];

test('a key without a domain is not for us', () => {
  for (const { key, reason } of withoutDomain) assert.deepEqual(domainOfKey(key), { kind: 'none', reason });
});

const underOnion = [
  { key: 'bob@a_b.onion', why: 'not a host name' },
  { key: 'bob@A_B.ONION.', why: 'the same in capitals, with the root dot' },
  { key: 'bob@.onion', why: 'an empty label' },
  { key: 'bob@b..onion', why: 'an empty label' },
  { key: 'bob@b.onion...', why: 'dots at the end' },
  { key: 'bob@a b.onion', why: 'a space' },
  { key: 'bob@b.onion ', why: 'a space at the end' },
  { key: 'bob@a_b\u3002onion', why: 'what IDNA folds to a dot' },
  { key: 'bob@a_b.\uff4fnion', why: 'what IDNA folds to a letter' },
  { key: 'bob@a_b.on\u00adion', why: 'what IDNA leaves out' },
  { key: 'bob@\u2a74.onion', why: 'what NFKC folds to "::="' },
  { key: 'bob@[a_b.onion]', why: 'in brackets' },
  { key: `bob@${onion}:25`, why: 'with a port' },
  { key: `bob@[${onion}]:25`, why: 'in brackets, with a port' },
  { key: `bob@${'a'.repeat(64)}.onion`, why: 'a label of 64 characters' },
];

test('what is under .onion and no name is ours to refuse, never left to DNS', () => {
  for (const { key, why } of underOnion) {
    const found = domainOfKey(key);
    assert.equal(found.kind, 'bad-onion', why);
    assert.match(found.kind === 'bad-onion' ? found.reason : '', /is no domain name: /, why);
  }
});

test('no key is too strange, and none that ends in .onion is let past', () => {
  const local = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(local, fc.string({ unit: 'grapheme' }), (user, label) => {
      domainOfKey(user);
      domainOfKey(`${user}@${label}`);
      fc.pre(!label.includes('@'));
      assert.notEqual(domainOfKey(`${user}@${label}.onion`).kind, 'none');
    }),
  );
});
