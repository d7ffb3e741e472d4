import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { answerSafeCookieChallenge } from '../../src/protocol/tor-safe-cookie.ts';

const cookie = Buffer.alloc(32, 1);
const clientNonce = Buffer.alloc(32, 2);
const serverNonce = Buffer.alloc(32, 3);

/** As control-spec has it: HMAC-SHA256(constant, cookie | client nonce | server nonce). */
function proof(constant: string, ofCookie: Buffer): string {
  const text = Buffer.concat([ofCookie, clientNonce, serverNonce]);
  return createHmac('sha256', `Tor safe cookie authentication ${constant} hash`).update(text).digest('hex');
}

function challengeBy(ofCookie: Buffer): string {
  const hash = proof('server-to-controller', ofCookie).toUpperCase();
  return `AUTHCHALLENGE SERVERHASH=${hash} SERVERNONCE=${serverNonce.toString('hex').toUpperCase()}`;
}

test('who knows the cookie gets our proof', () => {
  const answer = answerSafeCookieChallenge(cookie, clientNonce, challengeBy(cookie));
  assert.equal(answer, proof('controller-to-server', cookie));
});

for (const [challenge, why] of [
  [challengeBy(Buffer.alloc(32, 9)), 'it has another cookie'],
  ['AUTHCHALLENGE SERVERHASH=00 SERVERNONCE=00', 'a short proof'],
  ['AUTHCHALLENGE', 'no proof'],
] as const) {
  test(`refused: ${why}`, () => {
    assert.throws(() => answerSafeCookieChallenge(cookie, clientNonce, challenge), {
      code: 'tor-control',
      message: /does not know the cookie/,
    });
  });
}

test('a file that is no cookie is never hashed', () => {
  for (const bytes of [0, 31, 33]) {
    assert.throws(() => answerSafeCookieChallenge(Buffer.alloc(bytes), clientNonce, challengeBy(cookie)), {
      code: 'tor-control',
      message: new RegExp(`has ${bytes} octets, not 32`),
    });
  }
});

test('whatever the challenge: an OnionmxError', () => {
  fc.assert(
    fc.property(fc.string(), (challenge) => {
      assert.throws(() => answerSafeCookieChallenge(cookie, clientNonce, challenge), OnionmxError);
    }),
  );
});
