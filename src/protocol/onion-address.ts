/**
 * Onion addresses, version 3 only (Tor rend-spec-v3 §6 [ONIONADDRESS]):
 * base32(32-byte Ed25519 public key ‖ 2-byte checksum ‖ 1-byte version) + ".onion".
 * One error code for each way to be wrong.
 */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { OnionmxError } from '../errors.ts';
import { encodeBase32 } from './base32.ts';
import { foldCase } from './dns-name.ts';

declare const onionAddressBrand: unique symbol;
/** `<56 base32 characters>.onion`, lower case, without subdomains. */
export type OnionAddress = string & { readonly [onionAddressBrand]: true };

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const labelLength = 56;
/** Labels that passed: the arithmetic on the curve takes a millisecond, and the same few addresses come again and again. */
const passedLabels = new Set<string>();
const maxPassedLabels = 10_000;

/** Parses an onion address; a subdomain (`mail.<56>.onion`) belongs to its address. Throws `address-…` errors. */
export function parseOnionAddress(text: string): OnionAddress {
  const labels = foldCase(text).replace(/\.$/, '').split('.');
  const label = labels.at(-2) ?? '';
  if (labels.at(-1) !== 'onion' || label === '') {
    throw new OnionmxError('address-not-onion', `${JSON.stringify(text)} is not under .onion`);
  }
  return checkedAddress(label);
}

/** The address of a service with this Ed25519 public key, 32 octets. Throws `address-bad-point` when it can be none. */
export function onionAddressOfKey(publicKey: Buffer): OnionAddress {
  const bytes = Buffer.concat([publicKey, checksumOf(publicKey), Uint8Array.of(3)]);
  return checkedAddress(encodeBase32(bytes));
}

/** True for the dead kind: 16 base32 characters, in use until October 2021. */
export function isVersion2Address(text: string): boolean {
  return /^(?:.*\.)?[a-z2-7]{16}\.onion\.?$/i.test(text);
}

function checkedAddress(label: string): OnionAddress {
  const address = `${label}.onion`;
  assertValid(label, address);
  return address;
}

/** Throws unless `address`, which is `label` and .onion, can be a version 3 onion address. */
function assertValid(label: string, address: string): asserts address is OnionAddress {
  if (isVersion2Address(address)) {
    throw new OnionmxError(
      'address-version-2',
      `${address} is a version 2 onion address: those ended in October 2021`,
      { hint: 'ask the operator of that host for the version 3 address (56 characters)' },
    );
  }
  if (label.length !== labelLength) {
    throw new OnionmxError(
      'address-bad-length',
      `${address} has ${label.length} characters before .onion, a version 3 address has ${labelLength}`,
    );
  }
  if (passedLabels.has(label)) return;
  checkBytes(label, decodeBase32(label));
  if (passedLabels.size >= maxPassedLabels) passedLabels.clear();
  passedLabels.add(label);
}

function checkBytes(label: string, bytes: Buffer): void {
  const [publicKey, checksum, version] = [bytes.subarray(0, 32), bytes.subarray(32, 34), bytes[34]];
  if (version !== 3) {
    throw new OnionmxError(
      'address-other-version',
      `${label}.onion says version ${version}, only 3 is known`,
    );
  }
  if (!checksum.equals(checksumOf(publicKey))) {
    throw new OnionmxError('address-bad-checksum', `${label}.onion has a wrong checksum: it is mistyped`);
  }
  if (!isPrimeOrderPoint(publicKey)) {
    throw new OnionmxError(
      'address-bad-point',
      `${label}.onion is not a key of prime order on the curve: no onion service can have it`,
    );
  }
}

function checksumOf(publicKey: Buffer): Buffer {
  const hash = createHash('sha3-256').update('.onion checksum').update(publicKey).update(Uint8Array.of(3));
  return hash.digest().subarray(0, 2);
}

/** A key with a small-order part has several spellings for one service (rend-spec-v3 §6: clients must refuse it). */
function isPrimeOrderPoint(publicKey: Buffer): boolean {
  try {
    const point = ed25519.Point.fromBytes(publicKey);
    return point.isTorsionFree() && !point.is0();
  } catch {
    return false;
  }
}

function decodeBase32(label: string): Buffer {
  const bytes = Buffer.alloc((label.length * 5) / 8);
  let bits = 0;
  let accumulated = 0;
  let filled = 0;
  for (let position = 0; position < label.length; position++) {
    const character = label.charAt(position);
    const value = alphabet.indexOf(character);
    if (value < 0) {
      throw new OnionmxError(
        'address-bad-base32',
        `${label}.onion has ${JSON.stringify(character)} at position ${position + 1}: only a-z and 2-7 are allowed`,
      );
    }
    accumulated = ((accumulated << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = (accumulated >> bits) & 0xff;
    }
  }
  return bytes;
}
