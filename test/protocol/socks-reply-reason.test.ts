import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSocksReplyError } from '../../src/protocol/socks-reply-reason.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onion = makeOnionAddress(1);
const target = { host: onion, port: 25 };

for (const [replyCode, code, place, status, words] of [
  [0x01, 'onion-connect-failed', 'remote', '4.4.1', /:25 did not answer: .*our Tor or their host .*0x01/],
  [0x02, 'tor-refused', 'tor', '4.3.5', /our Tor did not connect to .*:25: the rules .*0x02/],
  [0x03, 'tor-refused', 'tor', '4.3.5', /no network .*0x03/],
  [0x04, 'onion-connect-failed', 'remote', '4.4.1', /host unreachable; .*our Tor or their host .*0x04/],
  [0x05, 'onion-connect-failed', 'remote', '4.4.1', /connection refused: .*does not offer that port .*0x05/],
  [0x06, 'onion-connect-failed', 'remote', '4.4.1', /timed out inside Tor; .*our Tor or their host .*0x06/],
  [0x07, 'tor-refused', 'tor', '4.3.5', /does not know the command CONNECT .*0x07/],
  [0x08, 'tor-refused', 'tor', '4.3.5', /does not take host names .*0x08/],
  [0xf0, 'onion-no-descriptor', 'remote', '4.4.4', /has no descriptor: .*off or unknown .*0xF0/],
  [0xf1, 'onion-no-descriptor', 'remote', '4.4.4', /has no valid descriptor: .*0xF1/],
  [0xf2, 'onion-unreachable', 'remote', '4.4.1', /:25 did not answer: introduction failed: .*0xF2/],
  [0xf3, 'onion-unreachable', 'remote', '4.4.1', /:25 did not answer: rendezvous failed: .*0xF3/],
  [0xf4, 'onion-needs-authorisation', 'remote', '4.7.0', /wants client authorisation: none .*0xF4/],
  [0xf5, 'onion-needs-authorisation', 'remote', '4.7.0', /wants client authorisation: .*wrong .*0xF5/],
  [0xf6, 'onion-address-refused', 'bug', '4.3.5', /is no onion address .*0xF6/],
  [0xf7, 'onion-unreachable', 'remote', '4.4.1', /:25 did not answer: introduction timed out: .*0xF7/],
  [0xf8, 'tor-refused', 'tor', '4.3.5', /unknown SOCKS reply 0xF8/],
] as const) {
  test(`reply 0x${replyCode.toString(16)} is ${code}`, () => {
    const error = toSocksReplyError(replyCode, target);
    assert.deepEqual([error.code, error.place, error.status, error.permanent], [code, place, status, false]);
    assert.match(error.message, words);
    assert.ok(error.message.includes(onion), 'names the onion address');
    assert.ok(error.hint === undefined || !error.hint.includes('undefined'));
  });
}

test('every known code has words of its own, and all but a bug of ours have a hint', () => {
  const codes = [1, 2, 3, 4, 5, 6, 7, 8, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7];
  const errors = codes.map((code) => toSocksReplyError(code, target));
  assert.equal(new Set(errors.map(({ message }) => message)).size, codes.length);
  const unhinted = errors.filter(({ hint }) => hint === undefined).map(({ code }) => code);
  assert.deepEqual(unhinted, ['onion-address-refused']);
});

for (const [replyCode, words] of [
  [0x01, /gives no reason .*0x01/],
  [0x04, /no such host.* .*0x04/],
  [0x05, /refuses the connection .*0x05/],
  [0x06, /no answer in time .*0x06/],
] as const) {
  test(`reply 0x${replyCode.toString(16)} for a host on the clear net speaks of no onion service`, () => {
    const { code, message, hint } = toSocksReplyError(replyCode, { host: 'dns.example.org', port: 853 });
    assert.equal(code, 'onion-connect-failed');
    assert.match(message, /^dns\.example\.org:853 cannot be reached through an exit of Tor: /);
    assert.match(message, words);
    assert.match(hint ?? '', /try again/);
    assert.doesNotMatch(`${message} ${hint}`, /onion|probe/);
  });
}
