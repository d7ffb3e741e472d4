/** The addresses of our own onion services, as tor has written them into their folders, and those that Onionbalance gives them. */
import type { Config } from '../config/schema.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { readServiceAddress } from '../tor/service-folders.ts';
import { onionServicesOf } from './onion-services-of.ts';

/** Asked at each route: tor makes a new address only some time after the start. One that is known is not read again. */
export function openOwnOnions(config: Config): () => Promise<readonly OnionAddress[]> {
  const services = onionServicesOf(config);
  const folders = services.map(({ folder }) => folder);
  const frontends = services.flatMap(({ onionbalance }) => onionbalance ?? []);
  const known = new Map<string, OnionAddress>();
  const find = async (folder: string): Promise<OnionAddress | undefined> => {
    const found = known.get(folder) ?? (await readServiceAddress(folder));
    if (found !== undefined) known.set(folder, found);
    return found;
  };
  return async () => [
    ...frontends,
    ...(await Promise.all(folders.map(find))).filter((address) => address !== undefined),
  ];
}
