/** Brings up the parts of a test bed that a test asks for, side by side, and takes all of it down again. */
import process from 'node:process';
import { createBedFolder, removeBedFolder } from './bed-folder.ts';
import { type ClientTor, startClientTor } from './client-tor.ts';
import { type Dns, startDns } from './dns.ts';
import type { Zone } from './dns-zones.ts';
import { type OnionHost, type OnionHostOptions, startOnionHost } from './onion-host.ts';
import { type Postfix, startPostfix } from './postfix.ts';
import type { PostfixOptions } from './postfix-config.ts';
import { waitUntilReachable } from './socks-connect.ts';
import { createStopStack, type StopStack } from './stop-stack.ts';
import { startTorNetwork, type TorNetwork } from './tor-network.ts';

/** The onion address of an onion host of the plan, by its name. */
export type OnionAddressOf = (hostName: string) => string;

export interface BedPlan {
  /** A private Tor network; onion hosts and a client bring it with them. */
  readonly tor?: boolean;
  readonly onionHosts?: readonly OnionHostOptions[];
  /** With a client, the bed is up when each onion host can be reached, so something must listen behind each. */
  readonly clientTor?: boolean;
  readonly zones?: (onionAddressOf: OnionAddressOf) => readonly Zone[];
  readonly postfix?: readonly PostfixOptions[];
  /** Told of each step when it is done, and how long it took. */
  readonly progress?: (step: string, elapsedMs: number) => void;
}

/** What the plan did not ask for throws when it is asked of the bed. */
export interface Bed {
  readonly folder: string;
  readonly network: () => TorNetwork;
  readonly onionHost: (name: string) => OnionHost;
  readonly clientTor: () => ClientTor;
  readonly dns: () => Dns;
  readonly postfix: (name: string) => Postfix;
  /** Has something stopped with the bed, before what the bed itself started. */
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
  /** Stops all and removes the folder. May be called again. SIGINT and SIGTERM do it too. */
  readonly stop: () => Promise<void>;
}

interface Parts {
  network: TorNetwork | undefined;
  readonly onionHosts: Map<string, OnionHost>;
  clientTor: ClientTor | undefined;
  dns: Dns | undefined;
  readonly postfixes: Map<string, Postfix>;
}

const reachableTimeoutMs = 60_000;

export async function startBed(plan: BedPlan): Promise<Bed> {
  const stack = createStopStack();
  const folder = await createBedFolder();
  stack.push('the folder', () => removeBedFolder(folder));
  stack.push('signals', stopOnSignals(stack));
  const parts: Parts = {
    network: undefined,
    onionHosts: new Map(),
    clientTor: undefined,
    dns: undefined,
    postfixes: new Map(),
  };
  // All branches are awaited to their end, so that nothing starts after a failure has stopped the rest.
  const branches = [startPostfixes(plan, folder, parts, stack), startTorAndDns(plan, folder, parts, stack)];
  const results = await Promise.allSettled(branches);
  try {
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await waitForOnions(plan, parts);
  } catch (error) {
    await stack.stopAll();
    throw error;
  }
  return describeBed(folder, parts, stack);
}

async function startPostfixes(plan: BedPlan, folder: string, parts: Parts, stack: StopStack): Promise<void> {
  const starting = (plan.postfix ?? []).map((options) =>
    timeStep(plan, `Postfix ${options.name}`, async () => {
      const postfix = await startPostfix(folder, options);
      stack.push(`Postfix ${options.name}`, postfix.stop);
      parts.postfixes.set(options.name, postfix);
    }),
  );
  await settleAll(starting);
}

/** The zones name the onion addresses, so the names come after the onion hosts. */
async function startTorAndDns(plan: BedPlan, folder: string, parts: Parts, stack: StopStack): Promise<void> {
  const { tor = false, onionHosts = [], clientTor = false, zones } = plan;
  if (tor || onionHosts.length > 0 || clientTor) {
    await timeStep(plan, 'private Tor network', async () => {
      parts.network = await startTorNetwork(folder);
      stack.push('the Tor network', parts.network.stop);
    });
  }
  if (parts.network !== undefined) await startTorEnds(plan, parts.network, parts, stack);
  if (zones !== undefined) {
    await timeStep(plan, 'name servers', async () => {
      parts.dns = await startDns(
        folder,
        zones((name) => findPart(parts.onionHosts, name).onionAddress),
      );
      stack.push('the name servers', parts.dns.stop);
    });
  }
}

async function startTorEnds(
  plan: BedPlan,
  network: TorNetwork,
  parts: Parts,
  stack: StopStack,
): Promise<void> {
  const hosts = (plan.onionHosts ?? []).map(async (options) => {
    const host = await startOnionHost(network, options);
    stack.push(`onion host ${options.name}`, host.stop);
    parts.onionHosts.set(options.name, host);
  });
  const client = async () => {
    if (plan.clientTor !== true) return;
    parts.clientTor = await startClientTor(network);
    stack.push('the client tor', parts.clientTor.stop);
  };
  await settleAll([...hosts, client()]);
}

async function waitForOnions(plan: BedPlan, { clientTor, onionHosts }: Parts): Promise<void> {
  if (clientTor === undefined) return;
  const waits = (plan.onionHosts ?? []).flatMap(({ name, ports }) => {
    const host = findPart(onionHosts, name);
    const explain = () => `--- client\n${clientTor.logTail()}\n--- ${name}\n${host.logTail()}`;
    return ports.slice(0, 1).map(({ onionPort }) => {
      const target = { host: host.onionAddress, port: onionPort };
      return timeStep(plan, `onion host ${name} reachable`, () =>
        waitUntilReachable(clientTor.socksPath, target, reachableTimeoutMs, explain),
      );
    });
  });
  await Promise.all(waits);
}

function describeBed(folder: string, parts: Parts, stack: StopStack): Bed {
  return {
    folder,
    network: () => ensurePart(parts.network, 'Tor network'),
    onionHost: (name) => findPart(parts.onionHosts, name),
    clientTor: () => ensurePart(parts.clientTor, 'client tor'),
    dns: () => ensurePart(parts.dns, 'zones'),
    postfix: (name) => findPart(parts.postfixes, name),
    onStop: stack.push,
    stop: stack.stopAll,
  };
}

function findPart<T>(parts: ReadonlyMap<string, T>, name: string): T {
  return ensurePart(parts.get(name), name);
}

function ensurePart<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new Error(`the plan of this bed has no ${what}`);
  return part;
}

async function timeStep(plan: BedPlan, step: string, work: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await work();
  plan.progress?.(step, performance.now() - startedMs);
}

async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

/** After the bed is down the process dies of the signal, as it would have without a bed. Returns how to undo this. */
function stopOnSignals(stack: StopStack): () => Promise<void> {
  const stopAndDie = (signal: NodeJS.Signals) => {
    void stack.stopAll().finally(() => process.kill(process.pid, signal));
  };
  process.once('SIGINT', stopAndDie).once('SIGTERM', stopAndDie);
  return async () => void process.off('SIGINT', stopAndDie).off('SIGTERM', stopAndDie);
}
