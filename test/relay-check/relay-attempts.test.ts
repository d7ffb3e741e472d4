import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnderOnion, parseDomainName } from '../../src/protocol/domain-name.ts';
import { domainOfAddress } from '../../src/protocol/mail-address.ts';
import { parseOnionAddress } from '../../src/protocol/onion-address.ts';
import { buildRelayAttempts } from '../../src/relay-check/relay-attempts.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const ownDomain = parseDomainName('own.test');
const attempts = buildRelayAttempts({ ownDomain, ownOnion: makeOnionAddress(9) });

test('there are many, and each has a name of its own', () => {
  assert.ok(attempts.length >= 40, String(attempts.length));
  assert.equal(new Set(attempts.map(({ id }) => id)).size, attempts.length);
  const envelopes = attempts.map(({ sender, recipients }) => JSON.stringify([sender, recipients]));
  assert.equal(new Set(envelopes).size, attempts.length);
});

/** RFC 2606, RFC 5737, RFC 3849; under .onion, an address without a host. */
const nobodys = /(^|\.)example\.(com|net)$|^\[?192\.0\.2\.1\]?$|^\[IPv6:2001:db8::1\]$/i;

test('no stranger is anybody: reserved domains and addresses only', () => {
  for (const { id, recipients, home } of attempts) {
    const last = recipients.at(-1) ?? '';
    const domain = domainOfAddress(last) ?? last.slice(last.lastIndexOf('@') + 1);
    if (home !== undefined) assert.match(last, /example\.com/, id);
    else if (isUnderOnion(domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')))
      parseOnionAddress(domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
    else
      assert.ok(nobodys.test(domain) || domain === 'x-own.test' || domain.endsWith('.'), `${id}: ${domain}`);
  }
});

test('a command can carry each: no line break, no blank, no angle bracket', () => {
  for (const { id, sender, recipients } of attempts)
    for (const path of [sender, ...recipients]) assert.doesNotMatch(path, /[\s<>\p{Cc}]/u, id);
});

test('without an onion address of its own, a host is spared what speaks of it', () => {
  const fewer = buildRelayAttempts({ ownDomain, ownOnion: undefined });
  assert.ok(fewer.length >= 40, String(fewer.length));
  assert.deepEqual(
    fewer.filter(({ id }) => id.includes('own-onion')),
    [],
  );
});
