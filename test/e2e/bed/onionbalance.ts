/** Debian's Onionbalance, unpacked beside the system: it publishes, under one onion address, the introduction points of several services. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type OnionAddress, onionAddressOfKey } from '../../../src/protocol/onion-address.ts';
import type { ClientTor } from './client-tor.ts';
import { reachFirstConsensus } from './reach-first-consensus.ts';
import { readTail } from './read-tail.ts';
import { startProcess } from './start-process.ts';
import type { TorNetwork } from './tor-network.ts';
import type { TorProcess } from './tor-process.ts';
import { type AuthorityNode, firstVoteLines, relayStateText } from './tor-torrc.ts';
import { waitFor } from './wait-for.ts';

const unpacked = resolve('.testbed/onionbalance');

/** What belongs to the address: it is known before there is anything behind it. */
export interface Frontend {
  readonly folder: string;
  readonly onionAddress: OnionAddress;
}

export interface Onionbalance {
  /** Throws, with the end of its log, when it has ended. */
  readonly assertRunning: () => void;
  readonly logTail: () => string;
  /** Resolves when a descriptor with introduction points of so many services has been made. */
  readonly waitForInstances: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function makeFrontend(folder: string): Promise<Frontend> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'frontend.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const rawKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return { folder, onionAddress: onionAddressOfKey(rawKey) };
}

/** With a tor that does not know the network yet, it would end at once. */
export async function startOnionbalance(
  { folder }: Frontend,
  tor: ClientTor,
  instances: readonly string[],
): Promise<Onionbalance> {
  const knowsNetwork = () => existsSync(consensusFileOf(tor));
  await waitFor('the tor of Onionbalance to know the network', knowsNetwork, 60_000, {
    explain: tor.logTail,
  });
  const config = join(folder, 'config.yaml');
  const service = { key: 'frontend.key', instances: instances.map((address) => ({ address })) };
  await writeFile(config, stringify({ services: [service] }));
  const outputPath = join(folder, 'log');
  const { assertRunning, stop } = await startProcess({
    name: 'onionbalance',
    command: 'env',
    args: [...pythonCommand(), join(unpacked, 'usr/sbin/onionbalance')].concat([
      '--is-testnet',
      '--verbosity',
      'info',
      '--socket',
      tor.controlPath,
      '--config',
      config,
    ]),
    outputPath,
  });
  const logTail = () => readTail(outputPath, 40);
  const waitForInstances = async (count: number) => {
    const hasAll = async () => {
      assertRunning();
      return (await readFile(outputPath, 'utf8')).includes(`from ${count} instances`);
    };
    await waitFor(`introduction points of ${count} services`, hasAll, 240_000, { explain: logTail });
  };
  return { assertRunning, logTail, waitForInstances, stop };
}

/** Modules are compiled for Debian's own Python; it is unpacked too where the system has none. */
function pythonCommand(): readonly string[] {
  const own = join(unpacked, 'usr/bin/python3');
  const libraries = ['usr/lib', 'lib'].map((each) => join(unpacked, each, 'x86_64-linux-gnu'));
  return [
    `PYTHONPATH=${join(unpacked, 'usr/lib/python3/dist-packages')}`,
    ...(existsSync(own) ? [`LD_LIBRARY_PATH=${libraries.join(':')}`, own] : ['/usr/bin/python3']),
    '-u',
  ];
}

/**
 * In a network that is not the public one, Onionbalance takes for granted that there is a vote every 20 seconds: the keys
 * of descriptors depend on it. So the network begins anew with such votes. To be done before other tors know it.
 */
export async function voteForOnionbalance(network: TorNetwork): Promise<void> {
  const nodes = network.nodeNames.map(network.node);
  await Promise.all(nodes.map((node) => node.stop()));
  await Promise.all(nodes.map(beginAnew));
  await Promise.all(nodes.map((node) => node.start()));
  await reachFirstConsensus(network.torrcLines.flatMap(readAuthority), nodes);
}

/** Keeps its keys, and forgets the network. */
async function beginAnew({ dataFolder }: TorProcess): Promise<void> {
  const torrc = join(dataFolder, 'torrc');
  const text = (await readFile(torrc, 'utf8'))
    .replace(firstVoteLines.soon, firstVoteLines.farAway)
    .replace(/^V3AuthVotingInterval .*/m, 'V3AuthVotingInterval 20');
  const old = (await readdir(dataFolder)).filter((name) => name !== 'keys');
  for (const name of old) await rm(join(dataFolder, name), { recursive: true });
  await writeFile(torrc, text);
  await writeFile(join(dataFolder, 'state'), relayStateText(new Date()));
}

/** Of the lines that every tor of the network has. */
function readAuthority(line: string): AuthorityNode[] {
  const pattern = /^DirAuthority (\S+) orport=(\d+) no-v2 v3ident=(\S+) 127\.0\.0\.1:(\d+) (\S+)$/;
  const [, name, orPort, v3Identity, dirPort, fingerprint] = pattern.exec(line) ?? [];
  return name === undefined || v3Identity === undefined || fingerprint === undefined
    ? []
    : [{ name, orPort: Number(orPort), v3Identity, dirPort: Number(dirPort), fingerprint }];
}

function consensusFileOf({ dataFolder }: TorProcess): string {
  return join(dataFolder, 'cached-microdesc-consensus');
}
