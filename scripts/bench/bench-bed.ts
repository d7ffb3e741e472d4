/**
 * What is measured, and where: one far Postfix behind many onion addresses of one Tor, and for each contestant a Postfix
 * and a client Tor of its own. The added round trip is in the relays between the far Tor and what listens behind it.
 */
import { chmod, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type ClientTor, startClientTor } from '../../test/e2e/bed/client-tor.ts';
import { type Postfix, startPostfix } from '../../test/e2e/bed/postfix.ts';
import type { PostfixOptions } from '../../test/e2e/bed/postfix-config.ts';
import { waitUntilReachable } from '../../test/e2e/bed/socks-connect.ts';
import { type Bed, startBed } from '../../test/e2e/bed/start-bed.ts';
import { type Onionmx, startOnionmx } from '../../test/e2e/onionmx-process.ts';
import { type Contestant, deliverersOf, openStream, type StreamWay } from './contestant.ts';
import { startDelayingRelay } from './delaying-relay.ts';
import { startByteSink, startEcho } from './far-servers.ts';
import { forgetCircuits } from './forget-circuits.ts';
import { lookupMapLines, lookupZone } from './lookup-names.ts';
import { farPorts, onionPorts, senderPorts } from './ports.ts';
import {
  allDomains,
  directSender,
  domainCount,
  farPostfix,
  onionmxSender,
  torsocksScript,
  torsocksSender,
  transportTable,
} from './postfix-plans.ts';
import { type FarOnions, startFarOnions } from './start-onion-host.ts';

export interface BenchBed {
  readonly folder: string;
  readonly onions: FarOnions;
  readonly contestants: readonly Contestant[];
  /** Postfix straight to the relay, without Tor: what the far end and the machine allow. */
  readonly direct: Contestant;
  readonly onionmx: Onionmx;
  /** What onionmx was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** A stream through a client Tor that no contestant uses, on a circuit that nobody else is on. */
  readonly openRawStream: (onion: string, port: number) => Promise<Socket>;
  readonly setRoundTripMs: (ms: number) => void;
  readonly forgetCircuits: () => Promise<void>;
  readonly onStop: Bed['onStop'];
  readonly stop: () => Promise<void>;
}

type Progress = (step: string, elapsedMs: number) => void;

const reachableTimeoutMs = 90_000;

export async function startBenchBed(progress: Progress): Promise<BenchBed> {
  const bed = await startBed({ tor: true, zones: () => [lookupZone()], progress });
  try {
    return await fillBed(bed, progress);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

async function fillBed(bed: Bed, progress: Progress): Promise<BenchBed> {
  const startedMs = performance.now();
  let roundTripMs = 0;
  await startFarEnd(bed, () => roundTripMs);
  const network = bed.network();
  const onions = await startFarOnions(network, domainCount);
  bed.onStop('the far Tor', onions.host.stop);
  const startTor = async (name: string, socksPort: number) => {
    const tor = await startClientTor(network, { name, extraLines: [`SocksPort 127.0.0.1:${socksPort}`] });
    bed.onStop(`the Tor of ${name}`, tor.stop);
    return tor;
  };
  const start = async (options: PostfixOptions) => {
    const postfix = await startPostfix(bed.folder, options);
    bed.onStop(`Postfix ${options.name}`, postfix.stop);
    return postfix;
  };
  const rawTor = await startTor('raw', senderPorts.raw.socks);
  const { onionmx, settings, contestant: own } = await addOnionmx(bed, onions, startTor, start);
  const plain = await addTorsocks(bed, onions, startTor, start, false);
  const isolated = await addTorsocks(bed, onions, startTor, start, true);
  const contestants = [own, plain, isolated];
  const direct = await addDirect(start);
  await waitForOnions(onions, rawTor, contestants);
  progress('onion services, contestants, and all of them reachable', performance.now() - startedMs);
  const tors = [rawTor, ...contestants.flatMap(({ tor }) => tor ?? [])];
  let rawCount = 0;
  return {
    folder: bed.folder,
    onions,
    contestants,
    direct,
    onionmx,
    settings,
    openRawStream: (onion, port) => {
      rawCount += 1;
      return openStream(
        { socksPort: senderPorts.raw.socks, login: () => ({ isolationKey: `raw-${rawCount}` }) },
        onion,
        port,
      );
    },
    setRoundTripMs: (ms) => void (roundTripMs = ms),
    forgetCircuits: () => forgetCircuits(tors.map(({ controlPath }) => controlPath)),
    onStop: bed.onStop,
    stop: bed.stop,
  };
}

async function startFarEnd(bed: Bed, roundTripMs: () => number): Promise<void> {
  for (const [name, ports] of Object.entries(onionPorts)) {
    const relay = await startDelayingRelay({ port: ports.relay, targetPort: ports.far, roundTripMs });
    bed.onStop(`the relay of ${name}`, relay.stop);
  }
  bed.onStop('the echo', (await startEcho(farPorts.echo)).stop);
  bed.onStop('the sink', (await startByteSink(farPorts.sink)).stop);
  const far = await startPostfix(bed.folder, farPostfix);
  bed.onStop('the far Postfix', far.stop);
}

/** What onionmx says for the sessions to an exchanger (src/tor/isolation-keys.ts), so that the echo is on their circuit. */
function onionmxLogin(onion: string) {
  return { isolationKey: 'onionmx', password: `${onion}:${onionPorts.smtp.onion}#0` };
}

type StartTor = (name: string, socksPort: number) => Promise<ClientTor>;
type StartSender = (options: PostfixOptions) => Promise<Postfix>;

async function addOnionmx(bed: Bed, onions: FarOnions, startTor: StartTor, start: StartSender) {
  const { smtp, socks } = senderPorts.onionmx;
  const tor = await startTor('onionmx', socks);
  const postfix = await start(onionmxSender);
  await writeFile(join(postfix.configDirectory, 'onionmx-own.regexp'), '/@sender\\.test$/ :\n');
  const mapFile = join(bed.folder, 'map.yml');
  const entries = onionsOf(onions).map((onion, index) => `${onion}: [${allDomains[index]}]`);
  await writeFile(mapFile, [...entries, ...lookupMapLines(), ''].join('\n'));
  const endpointFolder = join(postfix.queueDirectory, 'onionmx');
  const resolver = bed.dns().resolver;
  const settings = {
    log: { level: 'info' },
    domains: { own: ['sender.test'] },
    map: [mapFile],
    dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
    lookup: { socketmap: [`unix:${endpointFolder}/map.sock`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx' },
    tor: { use: 'running', socks: `127.0.0.1:${socks}` },
  };
  const onionmx = await startOnionmx(join(bed.folder, 'o'), settings);
  bed.onStop('onionmx', onionmx.stop);
  const way = { socksPort: socks, login: onionmxLogin };
  const contestant: Contestant = {
    ...describe('onionmx', postfix, smtp, tor, way),
    deliverers: () => [onionmx.pid(), ...deliverersOf(postfix, 'lmtp')],
  };
  return { onionmx, settings, contestant };
}

async function addDirect(start: StartSender): Promise<Contestant> {
  const postfix = await start(directSender);
  const table = transportTable((index) => `smtp:[127.0.1.${index}]:${onionPorts.smtp.relay}`);
  await writeFile(join(postfix.configDirectory, 'transport.regexp'), table);
  return describe('without Tor', postfix, senderPorts.direct.smtp, undefined);
}

async function addTorsocks(
  bed: Bed,
  onions: FarOnions,
  startTor: StartTor,
  start: StartSender,
  isolate: boolean,
): Promise<Contestant> {
  const { smtp, socks } = isolate ? senderPorts.isolated : senderPorts.torsocks;
  const name = isolate ? 'i' : 'p';
  const script = join(bed.folder, `smtp-${name}`);
  await writeFile(script, torsocksScript(socks, isolate));
  await chmod(script, 0o755);
  const tor = await startTor(`torsocks-${name}`, socks);
  const postfix = await start(torsocksSender(name, smtp, script));
  const all = onionsOf(onions);
  await writeFile(
    join(postfix.configDirectory, 'transport.regexp'),
    transportTable((index) => `torsmtp:[${all[index]}]`),
  );
  // plain torsocks says no name; each process of the other has one of its own, so the echo cannot have the same
  const login = () => (isolate ? { isolationKey: 'echo' } : {});
  return describe(isolate ? 'torsocks -i' : 'torsocks', postfix, smtp, tor, { socksPort: socks, login });
}

function describe(
  name: string,
  postfix: Postfix,
  smtpPort: number,
  tor: ClientTor | undefined,
  way?: StreamWay,
): Contestant {
  return {
    name,
    postfix,
    smtpPort,
    tor,
    openStream: async (onion, port) => {
      if (way === undefined) throw new Error(`${name} has no way to onions`);
      return openStream(way, onion, port);
    },
    deliverers: () => deliverersOf(postfix, 'smtp'),
  };
}

/** In the order of `allDomains`. */
function onionsOf({ mainOnion, domainOnions }: FarOnions): string[] {
  return [mainOnion, ...domainOnions];
}

/** All addresses by the Tor that nobody uses; by the others only the one that is kept warm. */
async function waitForOnions(onions: FarOnions, rawTor: ClientTor, contestants: readonly Contestant[]) {
  for (const onion of onionsOf(onions)) await reach(rawTor, onion);
  await Promise.all(
    contestants.flatMap(({ tor }) => (tor === undefined ? [] : [reach(tor, onions.mainOnion)])),
  );
}

function reach(tor: ClientTor, host: string): Promise<number> {
  const target = { host, port: onionPorts.echo.onion };
  return waitUntilReachable(tor.socksPath, target, reachableTimeoutMs, tor.logTail);
}
