/**
 * Keys and signatures in the format of minisign 0.11 (https://jedisct1.github.io/minisign/): Ed25519 over the BLAKE2b-512 of
 * the file, and a second signature over the first one and the trusted comment.
 * Left out: secret keys with a password, and signatures in the legacy format (`Ed`): which of the two formats a signature has is
 * not signed itself, so it is safer to know but one.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { OnionmxError } from '../errors.ts';

export interface MinisignPublicKey {
  /** 8 octets that tell keys apart; no proof of anything. */
  readonly keyId: Buffer;
  /** 32 octets */
  readonly key: Buffer;
}

export interface MinisignSecretKey {
  readonly publicKey: MinisignPublicKey;
  /** 32 octets */
  readonly seed: Buffer;
}

export interface MinisignSignature {
  readonly keyId: Buffer;
  readonly signature: Buffer;
  readonly trustedComment: string;
  readonly globalSignature: Buffer;
}

const algorithm = 'Ed';
const hashedAlgorithm = 'ED';
const untrusted = 'untrusted comment: ';
const trusted = 'trusted comment: ';
const bytesOf = { publicKey: 42, secretKey: 158, signature: 74, globalSignature: 64 };
const maxComment = 8192;
/** No password, no salt, no limits: all zero. */
const noKeyDerivation = Buffer.alloc(2);
const checksumAlgorithm = 'B2';
const derivationBytes = 48;
const checksumBytes = 32;

// keys

/** keyId: 8 random octets; seed: 32. */
export function toSecretKey(keyId: Buffer, seed: Buffer): MinisignSecretKey {
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
  return { publicKey: { keyId, key: Buffer.from(x, 'base64url') }, seed };
}

/** A file of minisign, or its second line alone. Throws `map-key-invalid`. */
export function parsePublicKey(text: string): MinisignPublicKey {
  const bytes = readBytes(lastLineOf(text));
  if (bytes.length !== bytesOf.publicKey || startOf(bytes) !== algorithm)
    throw invalidKey('it is no public key of minisign');
  return { keyId: bytes.subarray(2, 10), key: bytes.subarray(10) };
}

export function formatPublicKey(publicKey: MinisignPublicKey): string {
  return `${untrusted}minisign public key ${nameKey(publicKey)}\n${encodePublicKey(publicKey)}\n`;
}

/** One word, as `--key` and minisign -P take it. */
export function encodePublicKey({ keyId, key }: MinisignPublicKey): string {
  return Buffer.concat([Buffer.from(algorithm), keyId, key]).toString('base64');
}

/** As minisign shows it: the octets of the key's number, the last one first, in hexadecimal. */
export function nameKey({ keyId }: Pick<MinisignPublicKey, 'keyId'>): string {
  return Buffer.from(keyId.toReversed()).toString('hex').toUpperCase();
}

/** Throws `map-key-invalid`. */
export function parseSecretKey(text: string): MinisignSecretKey {
  const bytes = readBytes(lastLineOf(text));
  if (bytes.length !== bytesOf.secretKey || startOf(bytes) !== algorithm)
    throw invalidKey('it is no secret key of minisign');
  if (!bytes.subarray(2, 4).equals(noKeyDerivation)) {
    throw invalidKey('it is encrypted with a password, which cannot be asked for here', {
      hint: 'take the password off a copy that only you can read: minisign -C -W -s FILE',
    });
  }
  const numbers = bytes.subarray(6 + derivationBytes);
  const [keyId, seed, key] = [numbers.subarray(0, 8), numbers.subarray(8, 40), numbers.subarray(40, 72)];
  const secretKey = toSecretKey(keyId, seed);
  if (!secretKey.publicKey.key.equals(key)) throw invalidKey('its two halves do not belong together');
  return secretKey;
}

/** Without a password, as `minisign -G -W` makes them: the checksum is left at zero. */
export function formatSecretKey({ publicKey, seed }: MinisignSecretKey): string {
  const bytes = Buffer.concat([
    Buffer.from(algorithm),
    noKeyDerivation,
    Buffer.from(checksumAlgorithm),
    Buffer.alloc(derivationBytes),
    publicKey.keyId,
    seed,
    publicKey.key,
    Buffer.alloc(checksumBytes),
  ]);
  return `${untrusted}minisign secret key, not encrypted\n${bytes.toString('base64')}\n`;
}

// signatures

/** The text of a `.minisig` file. The comment is one line. */
export function signMessage(message: Buffer, secretKey: MinisignSecretKey, trustedComment: string): string {
  const privateKey = privateKeyOf(secretKey.seed);
  const signature = sign(null, hash(message), privateKey);
  const globalSignature = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), privateKey);
  const first = Buffer.concat([Buffer.from(hashedAlgorithm), secretKey.publicKey.keyId, signature]);
  return `${untrusted}signature from onionmx, key ${nameKey(secretKey.publicKey)}
${first.toString('base64')}
${trusted}${trustedComment}
${globalSignature.toString('base64')}
`;
}

/** Throws `map-signature-wrong`. */
export function parseSignature(text: string): MinisignSignature {
  const [comment = '', first = '', second = '', third = '', ...rest] = text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  const [bytes, globalSignature] = [readBytes(first), readBytes(third)];
  const isWhole = comment.startsWith(untrusted) && second.startsWith(trusted) && rest.length === 0;
  if (!isWhole || bytes.length !== bytesOf.signature || globalSignature.length !== bytesOf.globalSignature)
    throw wrongSignature('it is no signature of minisign');
  if (startOf(bytes) === algorithm) {
    throw wrongSignature('it has the legacy format of minisign', { hint: 'sign it again, without -l' });
  }
  if (startOf(bytes) !== hashedAlgorithm || second.length > maxComment)
    throw wrongSignature('it is no signature that minisign 0.11 knows');
  const trustedComment = second.slice(trusted.length);
  return { keyId: bytes.subarray(2, 10), signature: bytes.subarray(10), trustedComment, globalSignature };
}

/** Throws `map-signature-wrong` unless this key made the signature, over this message and with this comment. */
export function verifySignature(message: Buffer, signature: MinisignSignature, key: MinisignPublicKey): void {
  verifyComment(signature, key);
  if (!verify(null, hash(message), publicKeyOf(key), signature.signature))
    throw wrongSignature('it is not of this file: one of the two was changed');
}

/** Of the comment alone, whatever the file is. Throws `map-signature-wrong`. */
export function verifyComment(signature: MinisignSignature, key: MinisignPublicKey): void {
  if (!signature.keyId.equals(key.keyId))
    throw wrongSignature(`it is of key ${nameKey(signature)}, not of ${nameKey(key)}`);
  const signed = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment)]);
  if (!verify(null, signed, publicKeyOf(key), signature.globalSignature))
    throw wrongSignature('the key did not make it, or its comment was changed');
}

/** Of a comment as minisign makes it, `timestamp:1700000000⇥file:map.yml⇥hashed`: seconds since 1970. */
export function timestampIn(trustedComment: string): number | undefined {
  const [, digits] = /(?:^|\t)timestamp:(\d{1,12})(?:\t|$)/.exec(trustedComment) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function hash(message: Buffer): Buffer {
  return createHash('blake2b512').update(message).digest();
}

function privateKeyOf(seed: Buffer) {
  // RFC 8410 §7: OneAsymmetricKey with the seed in it
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function publicKeyOf({ key }: MinisignPublicKey) {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
    format: 'jwk',
  });
}

function lastLineOf(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? '';
}

/** Empty when it is no base64, or has more than one spelling. */
function readBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : Buffer.alloc(0);
}

function startOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 2);
}

function invalidKey(why: string, details: { hint?: string } = {}): OnionmxError {
  return new OnionmxError('map-key-invalid', `the key cannot be used: ${why}`, {
    hint: 'make a pair of keys: onionmx map keygen NAME',
    ...details,
  });
}

function wrongSignature(why: string, details: { hint?: string } = {}): OnionmxError {
  return new OnionmxError('map-signature-wrong', `the signature does not hold: ${why}`, {
    hint: 'do not use this map; ask its publisher by another way, and compare the key: onionmx map verify FILE --key KEY',
    ...details,
  });
}
