import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRelayTarget, parseRelayTarget } from '../../src/relay-check/relay-target.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onion = makeOnionAddress(1);

for (const [text, formatted] of [
  [onion, `${onion}:25`],
  [`${onion}:2525`, `${onion}:2525`],
  [onion.toUpperCase().replace('ONION', 'onion'), `${onion}:25`],
  ['127.0.0.1:25', '127.0.0.1:25'],
  ['proxy:127.0.0.1:2515', 'proxy:127.0.0.1:2515'],
  ['[::1]:25', '[::1]:25'],
  ['unix:/run/smtp', 'unix:/run/smtp'],
  ['proxy:unix:/run/smtp', 'proxy:unix:/run/smtp'],
] as const) {
  test(`${text.replace(onion, 'AAA.onion')} is a target`, () =>
    assert.equal(formatRelayTarget(parseRelayTarget(text)), formatted));
}

for (const [text, code, why] of [
  ['192.0.2.1:25', 'socket-address-invalid', 'a host of somebody else'],
  ['proxy:[2001:db8::1]:25', 'socket-address-invalid', 'the same'],
  ['mail.example.org:25', 'socket-address-invalid', 'a name, which would be asked of a resolver'],
  ['abc.onion', 'address-bad-length', 'no onion address'],
  [`${onion}:0`, 'port-invalid', 'no port'],
  [`${onion}:65536`, 'port-invalid', 'no port'],
  ['', 'socket-address-invalid', 'nothing'],
] as const) {
  test(`${JSON.stringify(text)} is none: ${why}`, () =>
    assert.throws(() => parseRelayTarget(text), { code }));
}
