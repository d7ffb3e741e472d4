import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  encodePublicKey,
  formatPublicKey,
  formatSecretKey,
  nameKey,
  parsePublicKey,
  parseSecretKey,
  parseSignature,
  signMessage,
  timestampIn,
  toSecretKey,
  verifyComment,
  verifySignature,
} from '../../src/protocol/minisign.ts';
import {
  encryptedKeyFile,
  legacySignatureFile,
  message,
  publicKeyFile,
  secretKeyFile,
  signatureFile,
} from './minisign-vectors.ts';

const bytes = Buffer.from(message);
const word = publicKeyFile.split('\n')[1] ?? '';

test('minisign’s keys are read', () => {
  const publicKey = parsePublicKey(publicKeyFile);
  assert.deepEqual(parsePublicKey(`${word}\n`), publicKey);
  assert.deepEqual(parseSecretKey(secretKeyFile).publicKey, publicKey);
  assert.match(publicKeyFile, new RegExp(`${nameKey(publicKey).replace(/^0+/, '')}\n`));
  assert.equal(encodePublicKey(publicKey), word);
});

test('minisign’s signature holds', () => {
  const signature = parseSignature(signatureFile);
  verifySignature(bytes, signature, parsePublicKey(publicKeyFile));
  assert.equal(signature.trustedComment, 'timestamp:1700000000\tfile:m.yml\thashed');
  assert.equal(timestampIn(signature.trustedComment), 1_700_000_000);
  verifySignature(bytes, parseSignature(signatureFile.replaceAll('\n', '\r\n')), parsePublicKey(word));
});

test('the same key, file and comment give minisign’s signature', () => {
  const made = signMessage(bytes, parseSecretKey(secretKeyFile), 'timestamp:1700000000\tfile:m.yml\thashed');
  assert.deepEqual(made.split('\n').slice(1), signatureFile.split('\n').slice(1));
});

test('our secret key is minisign’s, but for the comment', () => {
  assert.equal(formatSecretKey(parseSecretKey(secretKeyFile)).split('\n')[1], secretKeyFile.split('\n')[1]);
});

function octets(length: number) {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
}

test('whatever is signed holds, and nothing else does', () => {
  fc.assert(
    fc.property(
      octets(8),
      octets(32),
      fc.uint8Array(),
      fc.stringMatching(/^[ -~é]*$/),
      (id, seed, body, comment) => {
        const key = parseSecretKey(formatSecretKey(toSecretKey(id, seed)));
        const publicKey = parsePublicKey(formatPublicKey(key.publicKey));
        const signature = parseSignature(signMessage(Buffer.from(body), key, comment));
        assert.equal(signature.trustedComment, comment);
        verifySignature(Buffer.from(body), signature, publicKey);
        const other = Buffer.concat([body, Buffer.from('x')]);
        assert.throws(() => verifySignature(other, signature, publicKey), { code: 'map-signature-wrong' });
      },
    ),
    { numRuns: 50 },
  );
});

test('a changed comment, a changed signature, another key', () => {
  const signature = parseSignature(signatureFile);
  const key = parsePublicKey(publicKeyFile);
  const refused = (change: Partial<typeof signature>, message_: RegExp) =>
    assert.throws(() => verifyComment({ ...signature, ...change }, key), {
      code: 'map-signature-wrong',
      message: message_,
    });
  refused({ trustedComment: 'timestamp:1800000000\tfile:m.yml\thashed' }, /comment was changed/);
  refused({ signature: Buffer.alloc(64) }, /the key did not make it/);
  refused({ globalSignature: Buffer.alloc(64) }, /the key did not make it/);
  refused({ keyId: Buffer.alloc(8) }, /it is of key 0{16}, not of 090AF2FC51E83121/);
  const sameNumber = toSecretKey(key.keyId, Buffer.alloc(32)).publicKey;
  assert.throws(() => verifyComment(signature, sameNumber), { message: /the key did not make it/ });
});

const lines = signatureFile.split('\n');
const badSignatures: readonly [why: string, text: string, message: RegExp][] = [
  ['nothing', '', /no signature of minisign/],
  ['the legacy format', legacySignatureFile, /legacy format/],
  ['a line more', `${signatureFile}x\n`, /no signature of minisign/],
  ['cut off', lines.slice(0, 3).join('\n'), /no signature of minisign/],
  [
    'no trusted comment',
    signatureFile.replace('trusted comment: timestamp', 'comment: timestamp'),
    /no signature/,
  ],
  ['base64 in another spelling', signatureFile.replace('0gU=', '0gV='), /no signature/],
  ['another algorithm', signatureFile.replace('\nRU', '\nRV'), /that minisign 0\.11 knows/],
  ['a comment without end', signatureFile.replace('file:', 'x'.repeat(9000)), /that minisign 0\.11 knows/],
];
for (const [why, text, wanted] of badSignatures) {
  test(`no signature: ${why}`, () => {
    assert.throws(() => parseSignature(text), { code: 'map-signature-wrong', message: wanted });
  });
}

const badKeys: readonly [why: string, parse: (text: string) => unknown, text: string, message: RegExp][] = [
  ['nothing', parsePublicKey, '', /no public key/],
  ['a secret key as a public one', parsePublicKey, secretKeyFile, /no public key/],
  ['a public key as a secret one', parseSecretKey, publicKeyFile, /no secret key/],
  ['another algorithm', parsePublicKey, `X${word.slice(1)}`, /no public key/],
  ['a secret key with a password', parseSecretKey, encryptedKeyFile, /encrypted with a password/],
];
for (const [why, parse, text, wanted] of badKeys) {
  test(`no key: ${why}`, () => {
    assert.throws(() => parse(text), { code: 'map-key-invalid', message: wanted });
  });
}

test('no key: halves of two keys', () => {
  const key = Buffer.from(secretKeyFile.split('\n')[1] ?? '', 'base64');
  key.writeUInt8(key.readUInt8(70) ^ 1, 70);
  assert.throws(() => parseSecretKey(key.toString('base64')), { message: /do not belong together/ });
});

const comments: readonly [comment: string, timestamp: number | undefined][] = [
  ['timestamp:5', 5],
  ['file:x\ttimestamp:7\thashed', 7],
  ['', undefined],
  ['timestamp:-5', undefined],
  ['timestamp:1e9', undefined],
  ['atimestamp:5', undefined],
  ['timestamp:9999999999999', undefined],
];
for (const [comment, timestamp] of comments) {
  test(`the time in ${JSON.stringify(comment)}`, () => assert.equal(timestampIn(comment), timestamp));
}
