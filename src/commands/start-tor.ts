/** The Tor that deliveries go through, and mail comes through: our own, or one that runs already. */
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import { startManagedTor } from '../tor/managed-tor.ts';
import type { ReceivingOptions } from '../tor/receiving-tor.ts';
import { openServiceTraffic } from '../tor/service-traffic.ts';
import { onionServicesOf } from './onion-services-of.ts';
import { accessFolderOf, torFolderOf, trafficFileOf } from './state-paths.ts';

interface StartedTor {
  stop(): Promise<void>;
}

const writeTrafficEveryMs = 5000;

/** Does not wait for Tor: mail that needs it waits in the MTA's queue, and no other mail may wait for it. */
export function startTor(config: Config, log: Log): StartedTor {
  if (config.tor.use === 'running') return { stop: async () => {} };
  const { program, extraTorrc } = config.tor;
  const [folder, accessFolder] = [torFolderOf(config), accessFolderOf(config)];
  return startManagedTor({
    program,
    folder,
    extraTorrc,
    accessFolder,
    receiving: receivingOf(config, log),
    log,
  });
}

function now(): Date {
  return new Date();
}

function receivingOf(config: Config, log: Log): ReceivingOptions {
  const file = trafficFileOf(config);
  const openTraffic = () => openServiceTraffic({ file, now, writeEveryMs: writeTrafficEveryMs, log });
  return { services: onionServicesOf(config), openTraffic };
}
