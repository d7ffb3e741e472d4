/** The onion services of the configuration, with the folders of their keys. */
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { OnionService } from '../tor/onion-service-lines.ts';
import { onionFolderOf } from './state-paths.ts';

/** The preferred one first. */
export function onionServicesOf(config: Config): readonly OnionService[] {
  const parent = onionFolderOf(config);
  return config.receiving.onionServices.map((service) => ({
    ...service,
    folder: join(parent, service.name),
  }));
}
