/** The keys and signatures of maps as files. */
import { readFile, writeFile } from 'node:fs/promises';
import { OnionmxError, isAbsent, messageOf } from '../../errors.ts';
import {
  type MinisignPublicKey,
  type MinisignSecretKey,
  type MinisignSignature,
  parsePublicKey,
  parseSecretKey,
  parseSignature,
} from '../../protocol/minisign.ts';

const publicKeyWord = /^RW[A-Za-z0-9+/]{54}$/;

/** A file of minisign, or the word itself. Throws `map-key-invalid`. */
export async function readPublicKey(fileOrWord: string): Promise<MinisignPublicKey> {
  return parsePublicKey(publicKeyWord.test(fileOrWord) ? fileOrWord : await readKeyFile(fileOrWord));
}

/** Throws `map-key-invalid`. */
export async function readSecretKey(file: string): Promise<MinisignSecretKey> {
  return parseSecretKey(await readKeyFile(file));
}

/** Never over another file: a lost secret key cannot be had again. Throws `map-key-unwritable`. */
export async function writeKeyFile(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode });
  } catch (cause) {
    throw new OnionmxError('map-key-unwritable', `cannot write the key ${file}: ${messageOf(cause)}`, {
      hint: `choose another name, or move away what is there: ls -l ${file}`,
      cause,
    });
  }
}

/** Where minisign looks for it too. */
export function signatureFileOf(file: string): string {
  return `${file}.minisig`;
}

/** Throws `map-signature-missing` and `map-signature-wrong`. */
export async function readSignature(file: string): Promise<MinisignSignature> {
  const found = await readIfPresent(file);
  if (found !== undefined) return parseSignature(found);
  throw new OnionmxError('map-signature-missing', `cannot read the signature ${file}: it is not there`, {
    hint: 'get it from where the map came from',
  });
}

/** undefined when there is none. Throws `map-signature-missing` when it may not be read. */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new OnionmxError(
      'map-signature-missing',
      `cannot read the signature ${file}: ${messageOf(cause)}`,
      {
        hint: `look whether it may be read: ls -l ${file}`,
        cause,
      },
    );
  }
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OnionmxError('map-key-invalid', `cannot read the key ${file}: ${messageOf(cause)}`, {
      hint: 'name a key file of minisign; for a pair of keys: onionmx map keygen NAME',
      cause,
    });
  }
}
