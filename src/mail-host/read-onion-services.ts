/** Reads the onion services of a torrc and their addresses. Changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OnionmxError, isAbsent, messageOf } from '../errors.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { parseHostnameFile } from '../protocol/hostname-file.ts';
import { type HiddenService, parseHiddenServices } from './hidden-services.ts';

export interface NamedService extends HiddenService {
  /** undefined when its folder may not be read, or tor has not made it yet. */
  readonly onionAddress: OnionAddress | undefined;
}

export interface TorrcPlaces {
  /** undefined: Debian's. */
  readonly torrc: string | undefined;
  /** The lines for our own tor. */
  readonly torrcLines: readonly string[];
}

export const debianTorrc = '/etc/tor/torrc';

/** Throws `torrc-unreadable`. */
export async function readOnionServices({
  torrc,
  torrcLines,
}: TorrcPlaces): Promise<readonly NamedService[]> {
  const texts = [await readTorrc(torrc), torrcLines.join('\n')];
  return Promise.all(texts.flatMap(parseHiddenServices).map(nameService));
}

/** A file that was named must be there; Debian's need not be. */
async function readTorrc(torrc: string | undefined): Promise<string> {
  try {
    return await readFile(torrc ?? debianTorrc, 'utf8');
  } catch (cause) {
    if (torrc === undefined && isAbsent(cause)) return '';
    throw torrcUnreadable(cause);
  }
}

export function torrcUnreadable(cause: unknown): OnionmxError {
  const why = messageOf(cause).trim();
  return new OnionmxError('torrc-unreadable', `cannot read the torrc: ${why}`, {
    hint: 'name the file that your tor reads with --torrc, and run this as a user who may read it',
    cause,
  });
}

async function nameService(service: HiddenService): Promise<NamedService> {
  const text = await readFile(join(service.folder, 'hostname'), 'utf8').catch(() => '');
  return { ...service, onionAddress: parseHostnameFile(text) };
}
