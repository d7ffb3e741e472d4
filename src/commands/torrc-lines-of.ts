/** What the configuration puts into the torrc of our own tor, for who reads onion services out of it. */
import type { Config } from '../config/schema.ts';
import { onionServiceLines } from '../tor/onion-service-lines.ts';
import { onionServicesOf } from './onion-services-of.ts';

export function torrcLinesOf(config: Config): readonly string[] {
  const services = onionServicesOf(config).flatMap((service) => onionServiceLines(service, false));
  return [...services, ...config.tor.extraTorrc];
}
