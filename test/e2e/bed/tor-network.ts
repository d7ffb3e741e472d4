/** A private Tor network on loopback: three directory authorities and three relays. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installAuthorityKeys } from './tor-keys.ts';
import { reachFirstConsensus } from './reach-first-consensus.ts';
import { type TorProcess, startTor } from './tor-process.ts';
import {
  type AuthorityNode,
  authorityLines,
  firstVoteLines,
  networkLines,
  relayLines,
  relayStateText,
} from './tor-torrc.ts';

export interface TorNetwork {
  readonly folder: string;
  /** What any further tor needs to take part: torrc lines that name no file of this bed. */
  readonly torrcLines: readonly string[];
  /** auth0, auth1, auth2, relay0, relay1, relay2. */
  readonly nodeNames: readonly string[];
  readonly node: (name: string) => TorProcess;
  readonly startNode: (name: string) => Promise<void>;
  readonly stopNode: (name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const authorityNames = ['auth0', 'auth1', 'auth2'] as const;
const relayNames = ['relay0', 'relay1', 'relay2'] as const;
const firstOrPort = 15_000;
const firstDirPort = 15_020;

/** Returns when every node has the first consensus and builds circuits: onion hosts and clients may start then. */
export async function startTorNetwork(bedFolder: string): Promise<TorNetwork> {
  const folder = join(bedFolder, 'tor');
  await mkdir(folder, { recursive: true });
  const authorities = await prepareAuthorities(folder);
  const torrcLines = networkLines(authorities);
  const resolvConfPath = join(folder, 'resolv.conf');
  await writeFile(resolvConfPath, 'nameserver 127.0.0.1\n');
  const start = async (name: string, orPort: number, lines: readonly string[]) => {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name, 'state'), relayStateText(new Date()));
    return startTor(folder, name, [...torrcLines, ...relayLines(name, orPort, resolvConfPath), ...lines]);
  };
  const starting = [
    ...authorities.map(({ name, orPort, dirPort }) =>
      start(name, orPort, [...authorityLines(dirPort), firstVoteLines.farAway]),
    ),
    ...relayNames.map((name, index) => start(name, firstOrPort + authorities.length + index, [])),
  ];
  const nodes = await settleAll(starting);
  const network = describeNetwork(folder, torrcLines, nodes);
  try {
    await reachFirstConsensus(authorities, nodes);
    return network;
  } catch (error) {
    await network.stop();
    throw error;
  }
}

async function prepareAuthorities(folder: string): Promise<AuthorityNode[]> {
  const identities = await installAuthorityKeys(folder, authorityNames);
  return identities.map((identity, index) => ({
    ...identity,
    name: authorityNames[index] ?? '',
    orPort: firstOrPort + index,
    dirPort: firstDirPort + index,
  }));
}

/** When one of them fails to start, the others are not left behind. */
async function settleAll(starting: readonly Promise<TorProcess>[]): Promise<TorProcess[]> {
  try {
    return await Promise.all(starting);
  } catch (error) {
    const settled = await Promise.allSettled(starting);
    for (const result of settled) if (result.status === 'fulfilled') await result.value.kill();
    throw error;
  }
}

function describeNetwork(
  folder: string,
  torrcLines: readonly string[],
  nodes: readonly TorProcess[],
): TorNetwork {
  const node = (name: string) => {
    const found = nodes.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`the private Tor network has no node ${name}`);
    return found;
  };
  return {
    folder,
    torrcLines,
    nodeNames: nodes.map(({ name }) => name),
    node,
    startNode: (name) => node(name).start(),
    stopNode: (name) => node(name).stop(),
    stop: async () => void (await Promise.all(nodes.map((each) => each.stop()))),
  };
}
