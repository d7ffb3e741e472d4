/** The Tor that deliveries go through: our own, or one that runs already. */
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import { startManagedTor } from '../tor/managed-tor.ts';
import { torFolderOf } from './state-paths.ts';

interface StartedTor {
  stop(): Promise<void>;
}

/** Does not wait for Tor: mail that needs it waits in the MTA's queue, and no other mail may wait for it. */
export function startTor(config: Config, log: Log): StartedTor {
  if (config.tor.use === 'running') return { stop: async () => {} };
  const { program, extraTorrc } = config.tor;
  return startManagedTor({ program, folder: torFolderOf(config), extraTorrc, log });
}
