/**
 * `onionmx map update <file|URL> --key <public key>`: takes over a newer map of a publisher. What is not signed by this key, or
 * is older than what is here, is refused: whoever is on the way can keep a new map back, and nothing more.
 */
import { isUtf8 } from 'node:buffer';
import { OnionmxError } from '../../errors.ts';
import {
  type MinisignPublicKey,
  parseSignature,
  timestampIn,
  verifyComment,
  verifySignature,
} from '../../protocol/minisign.ts';
import { invalidMap } from '../../routing/map/domain-map.ts';
import { writeMapFile } from '../../routing/map/write-map-file.ts';
import { exitCode } from '../exit-code.ts';
import { chooseFile, type MapEditOptions, readMapFiles, writeMapFiles } from './map-files.ts';
import { readIfPresent, readPublicKey, signatureFileOf } from './map-keys.ts';
import { openMapSource } from './map-source.ts';

export interface MapUpdateOptions extends MapEditOptions {
  readonly from: string;
  /** A file, or the word. */
  readonly key: string;
  /** See secure-connection.ts. */
  readonly ca?: string;
}

/** Throws `map-…`, `download-failed` and what Tor says; nothing is written then. */
export async function runMapUpdateCommand(
  options: MapUpdateOptions,
  out: (text: string) => void,
): Promise<number> {
  const { from, config, dryRun } = options;
  const key = await readPublicKey(options.key);
  const source = openMapSource(from, config, options.ca);
  const files = await readMapFiles(options);
  const { file, text } = chooseFile(files);
  const signatureFile = signatureFileOf(file);
  const here = await readTimeHere(file, text, key);

  // first the signature: it is small, and says whether there is anything new
  const signatureText = (await source.readSignature()).toString('utf8');
  const signature = parseSignature(signatureText);
  verifyComment(signature, key);
  const there = timestampIn(signature.trustedComment);
  if (there === undefined) throw withoutTime(from);
  if (here !== undefined && there < here) throw outdated(from, there, here);

  const bytes = await source.readMap();
  verifySignature(bytes, signature, key);
  if (!isUtf8(bytes)) throw invalidMap([`${from}: it is no text in UTF-8`]);
  out(`${from}: signed at ${describeTime(there)}.\n`);
  const changed = [{ file, text: bytes.toString('utf8') }];
  // the signature first: when this stops in between, the old map goes on, and the next update repairs it
  const writeSignature = () => writeMapFile(signatureFile, signatureText);
  await writeMapFiles(files, changed, { dryRun, config, beforeWrite: writeSignature }, out);
  return exitCode.ok;
}

/** When the map that is here was signed; undefined when there is none, or one of another key. Throws `map-not-signed-here`. */
async function readTimeHere(file: string, text: string, key: MinisignPublicKey): Promise<number | undefined> {
  const signatureText = await readIfPresent(signatureFileOf(file));
  if (signatureText === undefined) {
    if (text === '') return undefined;
    throw new OnionmxError(
      'map-not-signed-here',
      `${file} is there without a signature: an update would end it`,
      {
        hint: 'give the map of the publisher a file of its own: --file /etc/onionmx/map.d/publisher.yml',
      },
    );
  }
  const signature = parseSignature(signatureText);
  // the operator has chosen another key: the times of two keys cannot be compared
  if (!signature.keyId.equals(key.keyId)) return undefined;
  verifyComment(signature, key);
  return timestampIn(signature.trustedComment);
}

function withoutTime(from: string): OnionmxError {
  return new OnionmxError('map-signature-wrong', `the signature does not hold: that of ${from} has no time`, {
    hint: 'its publisher has to sign it with its time: onionmx map sign FILE --key KEY',
  });
}

function outdated(from: string, there: number, here: number): OnionmxError {
  const message = `${from} was signed at ${describeTime(there)}, the map that is here at ${describeTime(here)}: it is older`;
  return new OnionmxError('map-outdated', message, {
    hint: 'the server may be behind: try later. If its publisher did this on purpose, the map has to be signed again: onionmx map sign',
  });
}

function describeTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
