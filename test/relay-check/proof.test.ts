import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { buildProofEnvelopes, buildProofMessage, readQueueId } from '../../src/relay-check/proof.ts';
import { buildRelayAttempts } from '../../src/relay-check/relay-attempts.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const attempts = buildRelayAttempts({
  ownDomain: parseDomainName('own.test'),
  ownOnion: makeOnionAddress(9),
});

test('nobody can get the message, nor its bounce: `.invalid` (RFC 6761) for strangers, and senders of this host', () => {
  const envelopes = buildProofEnvelopes(attempts);
  assert.ok(envelopes.length > 30, String(envelopes.length));
  for (const { sender, recipient } of envelopes) {
    assert.match(recipient, /onionmx-check\.invalid/);
    assert.doesNotMatch(`${sender} ${recipient}`, /example\.(?:com|net)/i);
  }
});

const rows: readonly [id: string, sender: string, recipient: string][] = [
  ['plain', '', 'onionmx-check@onionmx-check.invalid'],
  ['capitals', '', 'ONIONMX-CHECK@onionmx-check.invalid'],
  ['own-postmaster', 'postmaster@own.test', 'onionmx-check@onionmx-check.invalid'],
  ['self-sender', '', 'onionmx-check@onionmx-check.invalid'],
  ['percent-own', '', 'onionmx-check%onionmx-check.invalid@own.test'],
  ['source-route-two', '', '@own.test,@localhost:onionmx-check@onionmx-check.invalid'],
];

test('it is the envelope that was accepted, but for who gets it', () => {
  for (const [id, sender, recipient] of rows)
    assert.deepEqual(buildProofEnvelopes(attempts.filter((attempt) => attempt.id === id)), [
      { sender, recipient },
    ]);
});

test('what cannot be proved so is left out', () => {
  for (const id of ['onion', 'ip-literal', 'lookalike-front', 'after-own', 'utf8-user'])
    assert.deepEqual(buildProofEnvelopes(attempts.filter((attempt) => attempt.id === id)), [], id);
});

test('the message says what it is', () => {
  const envelope = { sender: '', recipient: 'onionmx-check@onionmx-check.invalid' };
  const text = buildProofMessage(envelope, new Date(Date.UTC(2026, 0, 2, 3, 4, 5)));
  assert.match(
    text,
    /^From: postmaster@onionmx-check\.invalid\r\nTo: <onionmx-check@onionmx-check\.invalid>\r\n/,
  );
  assert.match(text, /\r\nDate: Fri, 02 Jan 2026 03:04:05 \+0000\r\n/);
  assert.match(
    text,
    /\r\nAuto-Submitted: auto-generated\r\n\r\nThis message was sent by "onionmx check relay --prove"/,
  );
  assert.doesNotMatch(text, /(?:^|\n)\.|[^\r]\n/);
});

test('the queue id', () => {
  assert.equal(readQueueId('250 2.0.0 Ok: queued as 4D1A72BE0C6'), '4D1A72BE0C6');
  assert.equal(readQueueId('250 OK id=1xW7Rl-00009P-28'), '1xW7Rl-00009P-28');
  assert.equal(readQueueId('250 Message accepted'), undefined);
});
