/**
 * What is measured, and where: one far Postfix behind many onion addresses of one Tor, and for each contestant a Postfix
 * and a client Tor of its own. The added round trip is in the relays between the far Tor and what listens behind it.
 */
import type { Socket } from 'node:net';
import type { ClientTor } from '../../test/e2e/bed/client-tor.ts';
import { startPostfix } from '../../test/e2e/bed/postfix.ts';
import { waitUntilReachable } from '../../test/e2e/bed/socks-connect.ts';
import { type Bed, startBed } from '../../test/e2e/bed/start-bed.ts';
import { type Contestant, openStream } from './contestant.ts';
import { startDelayingRelay } from './delaying-relay.ts';
import { startByteSink, startEcho } from './far-servers.ts';
import { forgetCircuits } from './forget-circuits.ts';
import { lookupZone } from './lookup-names.ts';
import { prepareParts } from './parts.ts';
import { farPorts, onionPorts, senderPorts } from './ports.ts';
import { domainCount, farPostfix } from './postfix-plans.ts';
import { type FarOnions, onionsOf, startFarOnions } from './start-far-onions.ts';
import { startOnionmxContestant } from './start-onionmx.ts';
import { startDirect, startTorsocks } from './start-others.ts';

export interface BenchBed {
  readonly folder: string;
  readonly onions: FarOnions;
  readonly contestants: readonly Contestant[];
  /** Postfix straight to the relay, without Tor: what the far end and the machine allow. */
  readonly direct: Contestant;
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

export async function startBenchBed(progress: Progress, profileFolder?: string): Promise<BenchBed> {
  const bed = await startBed({ tor: true, zones: () => [lookupZone()], progress });
  try {
    return await fillBed(bed, progress, profileFolder);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

async function fillBed(bed: Bed, progress: Progress, profileFolder?: string): Promise<BenchBed> {
  const startedMs = performance.now();
  let roundTripMs = 0;
  await startFarEnd(bed, () => roundTripMs);
  const onions = await startFarOnions(bed.network(), domainCount);
  bed.onStop('the far Tor', onions.host.stop);
  const parts = prepareParts(bed, onions, profileFolder);
  const rawTor = await parts.startTor('raw', senderPorts.raw.socks);
  const { contestant, settings } = await startOnionmxContestant(parts);
  const contestants = [contestant, await startTorsocks(parts, false), await startTorsocks(parts, true)];
  const direct = await startDirect(parts);
  await waitForOnions(onions, rawTor, contestants);
  progress('onion services, contestants, and all of them reachable', performance.now() - startedMs);
  const tors = [rawTor, ...contestants.flatMap(({ tor }) => tor ?? [])];
  let rawCount = 0;
  return {
    folder: bed.folder,
    onions,
    contestants,
    direct,
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
