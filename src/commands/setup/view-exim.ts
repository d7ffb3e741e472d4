/** Exim as setup sees it: asks it what the plan has to know. */
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { readExim } from '../../mail-host/read-exim.ts';
import { eximPaths, planExim } from '../../setup/plan-exim.ts';
import { readOwnDomain } from '../own-domain.ts';
import type { ServerView } from './server-view.ts';
import { readFiles } from './read-files.ts';

/** Readable for Exim's user, whose processes reach the sockets in it. */
const socketFolder = '/var/spool/exim4/onionmx';

/** Throws `exim-unreadable`. */
export async function viewExim(): Promise<ServerView> {
  const host = await readExim();
  const layout = host.isSplit ? 'split' : 'in one file';
  return {
    summary: [
      `Exim ${host.version}, configured in /etc/exim4 (${layout})`,
      `Own domains: ${host.ownDomains.length === 0 ? 'none' : host.ownDomains.join(', ')}`,
    ],
    ownDomains: host.ownDomains.flatMap(readOwnDomain),
    isRunning: host.pidFile !== undefined,
    settings: [
      { path: ['lookup', 'socketmap'], value: [`unix:${socketFolder}/map.sock`] },
      { path: ['delivery', 'endpointFolder'], value: socketFolder },
      { path: ['delivery', 'nexthopPrefix'], value: socketFolder },
      { path: ['sockets', 'group'], value: 'Debian-exim' },
    ],
    plan: async ({ sending, receiving }, config) => {
      const contents = await readFiles(eximPaths());
      const contentOf = (path: string) => contents.get(path);
      const { header, testAddress } = config.receiving;
      return planExim(host, {
        sending: sending ? sendingPlaces(config) : undefined,
        receiving: receiving ? { header, testAddress: testAddress ?? undefined } : undefined,
        contentOf,
      });
    },
  };
}

function sendingPlaces({ lookup, delivery }: Config) {
  const address = lookup.socketmap.find(({ kind }) => kind === 'unix');
  if (address?.kind !== 'unix')
    throw new OnionmxError(
      'setup-impossible',
      'the lookup has no Unix-domain socket, so any local process could answer Exim in its place',
      { hint: `set \`lookup.socketmap: [unix:${socketFolder}/map.sock]\`` },
    );
  return { mapSocket: address.path, endpointFolder: delivery.endpointFolder, transport: lookup.transport };
}
