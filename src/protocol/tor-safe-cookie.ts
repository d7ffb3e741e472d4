/**
 * SAFECOOKIE authentication (control-spec, AUTHCHALLENGE): both sides prove that they know the cookie, none tells it.
 * Plain COOKIE is left out: it would hand the cookie to whatever listens at that address.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { OnionmxError } from '../errors.ts';
import { parseTorFields } from './tor-control.ts';

const serverProof = 'Tor safe cookie authentication server-to-controller hash';
const controllerProof = 'Tor safe cookie authentication controller-to-server hash';

/** The cookie file holds exactly these; a longer file could be something else that must not be hashed for a stranger. */
const cookieBytes = 32;

/**
 * Answers the text after `250 ` of the AUTHCHALLENGE reply: the words of AUTHENTICATE, in hexadecimal.
 * Throws `tor-control` when the other side does not know the cookie.
 */
export function answerSafeCookieChallenge(cookie: Buffer, clientNonce: Buffer, challenge: string): string {
  if (cookie.length !== cookieBytes) {
    throw new OnionmxError('tor-control', `Tor's cookie has ${cookie.length} octets, not ${cookieBytes}`);
  }
  const fields = parseTorFields(challenge);
  const serverHash = Buffer.from(fields.get('SERVERHASH') ?? '', 'hex');
  const serverNonce = Buffer.from(fields.get('SERVERNONCE') ?? '', 'hex');
  const proofOf = (key: string) =>
    createHmac('sha256', key).update(cookie).update(clientNonce).update(serverNonce).digest();
  const expected = proofOf(serverProof);
  if (serverHash.length !== expected.length || !timingSafeEqual(serverHash, expected)) {
    throw new OnionmxError('tor-control', 'whoever listens there does not know the cookie of our Tor');
  }
  return proofOf(controllerProof).toString('hex');
}
