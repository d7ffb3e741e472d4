/** The contestant onionmx: as built, with its defaults, with Postfix's lmtp(8) in front of it and a Tor that runs already. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOnionmx } from '../../test/e2e/onionmx-process.ts';
import { type Contestant, deliverersOf, describeContestant } from './contestant.ts';
import { lookupMapLines } from './lookup-names.ts';
import type { Parts } from './parts.ts';
import { onionPorts, senderPorts } from './ports.ts';
import { allDomains, onionmxSender } from './postfix-plans.ts';
import { onionsOf } from './start-far-onions.ts';

interface OnionmxParts {
  /** What it was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly contestant: Contestant;
}

/** What onionmx says for the sessions to an exchanger (src/tor/isolation-keys.ts), so that the echo is on their circuit. */
function onionmxLogin(onion: string) {
  return { isolationKey: 'onionmx', password: `${onion}:${onionPorts.smtp.onion}#0` };
}

export async function startOnionmxContestant(parts: Parts): Promise<OnionmxParts> {
  const { bed, onions, profileFolder } = parts;
  const { smtp, socks } = senderPorts.onionmx;
  const tor = await parts.startTor('onionmx', socks);
  const postfix = await parts.startPostfix(onionmxSender);
  await writeFile(join(postfix.configDirectory, 'onionmx-own.regexp'), '/@sender\\.test$/ :\n');
  const mapFile = join(bed.folder, 'map.yml');
  const entries = onionsOf(onions).map((onion, index) => `${onion}: [${allDomains[index]}]`);
  await writeFile(mapFile, [...entries, ...lookupMapLines(), ''].join('\n'));
  const endpointFolder = join(postfix.queueDirectory, 'onionmx');
  const { resolver } = bed.dns();
  const settings = {
    log: { level: 'info' },
    domains: { own: ['sender.test'] },
    map: [mapFile],
    dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
    lookup: { socketmap: [`unix:${endpointFolder}/map.sock`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx' },
    tor: { use: 'running', socks: `127.0.0.1:${socks}` },
  };
  const onionmx = await startOnionmx(join(bed.folder, 'o'), settings, profiledInto(profileFolder));
  bed.onStop('onionmx', onionmx.stop);
  const way = { socksPort: socks, login: onionmxLogin };
  const contestant: Contestant = {
    ...describeContestant('onionmx', postfix, smtp, tor, way),
    deliverers: () => [onionmx.pid(), ...deliverersOf(postfix, 'lmtp')],
  };
  return { settings, contestant };
}

/** NODE_OPTIONS may not hold --cpu-prof, so a shell puts it between node and the program. */
function profiledInto(folder: string | undefined) {
  if (folder === undefined) return {};
  return { wrapper: ['sh', '-c', `exec "$0" --cpu-prof --cpu-prof-dir='${folder}' "$@"`] };
}
