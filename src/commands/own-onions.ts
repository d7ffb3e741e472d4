/** The addresses of our own onion services, as tor has written them into their folders. */
import type { Config } from '../config/schema.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { readServiceAddress } from '../tor/service-folders.ts';
import { onionServicesOf } from './onion-services-of.ts';

/** Asked at each route: tor makes a new address only some time after the start. One that is known is not read again. */
export function openOwnOnions(config: Config): () => Promise<readonly OnionAddress[]> {
  const folders = onionServicesOf(config).map(({ folder }) => folder);
  const known = new Map<string, OnionAddress>();
  const find = async (folder: string): Promise<OnionAddress | undefined> => {
    const found = known.get(folder) ?? (await readServiceAddress(folder));
    if (found !== undefined) known.set(folder, found);
    return found;
  };
  return async () => (await Promise.all(folders.map(find))).filter((address) => address !== undefined);
}
