/** An endpoint as the MTA names it: `onion:unix:onionmx/AAA.onion`, transport(5). */
import type { Config } from '../config/schema.ts';

export function nexthopOf(config: Config, endpointName: string): string {
  return `${config.lookup.transport}:unix:${config.delivery.nexthopPrefix}/${endpointName}`;
}
