/** What is known of the onion services of this host, from its configuration and its state folder. Changes nothing. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { Log } from '../../log.ts';
import { listServiceNames, readOnionAddress } from '../../onion-keys/key-folder.ts';
import type { OnionAddress } from '../../protocol/onion-address.ts';
import { formatSrvRecords } from '../../protocol/srv-records.ts';
import type { OnionService } from '../../tor/onion-service-lines.ts';
import { readServiceTraffic, type Traffic } from '../../tor/service-traffic.ts';
import { countGroup } from './closed-group.ts';
import { onionServicesOf } from '../onion-services-of.ts';
import { findOwnExchangers } from '../own-exchangers.ts';
import { onionFolderOf, trafficFileOf } from '../state-paths.ts';

export interface Shown {
  readonly service: OnionService;
  /** undefined until tor has made the keys. */
  readonly onionAddress: OnionAddress | undefined;
  /** How many hosts may come; undefined: all. Those that the operator put there by hand count too. */
  readonly groupSize: number | undefined;
  readonly traffic: Traffic | undefined;
}

export interface Overview {
  readonly services: readonly Shown[];
  /** Names of folders with keys that no service of the configuration uses. */
  readonly retired: readonly string[];
  /** Lines of a zone file. */
  readonly records: readonly string[];
}

/** Throws `onion-keys-folder` and `state-folder`. */
export async function surveyOnionServices(config: Config, log: Log): Promise<Overview> {
  const traffic = await readServiceTraffic(trafficFileOf(config), log);
  const services = await Promise.all(
    onionServicesOf(config).map(async (service): Promise<Shown> => {
      const onionAddress = await readOnionAddress(service.folder);
      const groupSize = await countGroup(service);
      return { service, onionAddress, groupSize, traffic: traffic[onionAddress ?? ''] };
    }),
  );
  const retired = await findRetired(onionFolderOf(config), services);
  return { services, retired, records: await recordsFor(config) };
}

async function findRetired(parent: string, services: readonly Shown[]): Promise<readonly string[]> {
  const retired: string[] = [];
  for (const name of await listServiceNames(parent)) {
    const isConfigured = services.some(({ service }) => service.name === name);
    if (!isConfigured && (await readOnionAddress(join(parent, name))) !== undefined) retired.push(name);
  }
  return retired;
}

async function recordsFor(config: Config): Promise<readonly string[]> {
  const exchangers = await findOwnExchangers(config, undefined);
  if (exchangers.length === 0) return [];
  return config.domains.own.flatMap((domain) =>
    formatSrvRecords(domain, exchangers, 'zone').trimEnd().split('\n'),
  );
}
