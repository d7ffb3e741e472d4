/** This host as others see it: its onion services for mail, as the exchangers to publish. */
import type { Config } from '../config/schema.ts';
import { readOnionServices } from '../mail-host/read-onion-services.ts';
import { readOnionAddress } from '../onion-keys/key-folder.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { countGroup } from './onion/closed-group.ts';
import { onionServicesOf } from './onion-services-of.ts';

interface Place {
  readonly onionAddress: OnionAddress | undefined;
  readonly port: number;
}

const smtpPort = 25;
const [priorityStep, weight] = [10, 5];

/**
 * The preferred one first. Without those that have no address yet, and without closed groups, which tell their members by
 * the map. Behind ours stand those of a Tor that is not ours. torrc: what that one reads; undefined: Debian's.
 */
export async function findOwnExchangers(
  config: Config,
  torrc: string | undefined,
): Promise<readonly Exchanger[]> {
  const places = [...(await findOwnServices(config)), ...(await findServicesOf(torrc))];
  return places.flatMap(({ onionAddress, port }, index) =>
    onionAddress === undefined ? [] : [{ onionAddress, port, priority: priorityStep * index, weight }],
  );
}

async function findOwnServices(config: Config): Promise<readonly Place[]> {
  const found = onionServicesOf(config).map(async (service): Promise<readonly Place[]> => {
    const isOpen = (await countGroup(service)) === undefined;
    if (!isOpen) return [];
    const onionAddress = service.onionbalance ?? (await readOnionAddress(service.folder));
    return [{ onionAddress, port: service.port }];
  });
  return (await Promise.all(found)).flat();
}

async function findServicesOf(torrc: string | undefined): Promise<readonly Place[]> {
  const services = await readOnionServices({ torrc, torrcLines: [] });
  return services
    .filter(({ ports }) => ports.some(({ virtualPort }) => virtualPort === smtpPort))
    .map(({ onionAddress }) => ({ onionAddress, port: smtpPort }));
}
