/** `onionmx map keygen`, `sign` and `verify`: who a map comes from. minisign makes and takes the same keys and signatures. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { OnionmxError, messageOf } from '../../errors.ts';
import {
  encodePublicKey,
  formatPublicKey,
  formatSecretKey,
  parseSignature,
  signMessage,
  timestampIn,
  toSecretKey,
  verifySignature,
} from '../../protocol/minisign.ts';
import { invalidMap } from '../../routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../routing/map/domain-map-file.ts';
import { writeMapFile } from '../../routing/map/write-map-file.ts';
import { exitCode } from '../exit-code.ts';
import {
  readIfPresent,
  readPublicKey,
  readSecretKey,
  readSignature,
  signatureFileOf,
  writeKeyFile,
} from './map-keys.ts';
import { toPrintable } from '../printable.ts';

type Out = (text: string) => void;

/** `NAME.key` and `NAME.pub`. Throws `map-key-unwritable`. */
export async function runMapKeygenCommand(name: string, out: Out): Promise<number> {
  const secretKey = toSecretKey(randomBytes(8), randomBytes(32));
  await writeKeyFile(`${name}.key`, formatSecretKey(secretKey), 0o600);
  await writeKeyFile(`${name}.pub`, formatPublicKey(secretKey.publicKey), 0o644);
  out(`${name}.key: the secret key, without a password. Keep it off the hosts that take the map, and save it.
${name}.pub: the public key, for those who take the map:
${encodePublicKey(secretKey.publicKey)}
`);
  return exitCode.ok;
}

/** Writes `FILE.minisig`; each signature of a file is newer than the last. Throws `map-…`. */
export async function runMapSignCommand(
  file: string,
  keyFile: string,
  out: Out,
  nowSeconds = Math.floor(Date.now() / 1000),
): Promise<number> {
  const secretKey = await readSecretKey(keyFile);
  const bytes = await readMap(file);
  const signatureFile = signatureFileOf(file);
  const last = await readIfPresent(signatureFile);
  // a clock that is wrong must not make readers take the new map for an old one
  const timestamp = Math.max(nowSeconds, (last === undefined ? 0 : timestampOf(last)) + 1);
  const comment = `timestamp:${timestamp}\tfile:${basename(file)}\thashed`;
  await writeMapFile(signatureFile, signMessage(bytes, secretKey, comment));
  out(`${signatureFile}: written. ${describeTime(timestamp)}\n`);
  return exitCode.ok;
}

/** Ends well only for a map of this key that onionmx would take. Throws `map-…`. */
export async function runMapVerifyCommand(file: string, key: string, out: Out): Promise<number> {
  const publicKey = await readPublicKey(key);
  const signature = await readSignature(signatureFileOf(file));
  verifySignature(await readBytes(file), signature, publicKey);
  await readMap(file);
  const timestamp = timestampIn(signature.trustedComment);
  const time = timestamp === undefined ? '' : ` ${describeTime(timestamp)}`;
  out(`${file}: the signature holds.${time}\n${toPrintable(signature.trustedComment)}\n`);
  return exitCode.ok;
}

function describeTime(timestamp: number): string {
  return `Signed at ${new Date(timestamp * 1000).toISOString()}.`;
}

function timestampOf(signature: string): number {
  try {
    return timestampIn(parseSignature(signature).trustedComment) ?? 0;
  } catch (error) {
    if (error instanceof OnionmxError) return 0;
    throw error;
  }
}

/** Throws `map-unreadable` and `map-invalid`. */
async function readMap(file: string): Promise<Buffer> {
  const bytes = await readBytes(file);
  const { complaints } = parseDomainMapFile(bytes.toString('utf8'), file);
  if (complaints.length > 0) throw invalidMap(complaints);
  return bytes;
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new OnionmxError('map-unreadable', `cannot read the domain map ${file}: ${reason}`, {
      hint: `look whether it is there and may be read: ls -l ${file}`,
      cause,
    });
  }
}
