/** The domain name system of the bed: zones as a test wants them, an authority for them, a validating resolver. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DnsServer } from './ask-dns.ts';
import { authorityAddress, startAuthority } from './dns-authority.ts';
import { openFailingServer, openSilentServer } from './dns-bad-servers.ts';
import {
  brokenAddress,
  type DnsQuery,
  type Resolver,
  resolverAddress,
  silentAddress,
  startResolver,
} from './dns-resolver.ts';
import { isServed, type ServedKind, writeZone, type Zone } from './dns-zones.ts';
import { createStopStack } from './stop-stack.ts';

export interface Dns {
  readonly resolver: DnsServer;
  /** What the resolver was asked since it started, in order. */
  readonly queryLog: () => Promise<DnsQuery[]>;
  /**
   * Serves these records from now on (also after stopAuthority), and makes the resolver forget the old ones. With a kind, a zone
   * that was signed at the start is served with signatures that do not hold, or without.
   */
  readonly setRecords: (zoneName: string, records: string, kind?: ServedKind) => Promise<void>;
  readonly flushCache: () => Promise<void>;
  /** What is not cached fails from now on: SERVFAIL. */
  readonly stopAuthority: () => Promise<void>;
  /** What is not cached gets no answer from now on, for longer than anybody waits. */
  readonly silenceAuthority: () => Promise<void>;
  readonly startAuthority: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Names below no zone of the list do not exist. */
const rootZone: Zone = { name: '', kind: 'unsigned', records: '' };

export async function startDns(bedFolder: string, zones: readonly Zone[]): Promise<Dns> {
  const folder = join(bedFolder, 'dns');
  await mkdir(folder, { recursive: true });
  const stack = createStopStack();
  try {
    const authority = createAuthority(folder, zones);
    stack.push('nsd', authority.stop);
    await authority.start();
    const resolver = await startResolver(folder, zones);
    stack.push('unbound', () => resolver.process.stop());
    stack.push('the silent name server', await openSilentServer(silentAddress));
    stack.push('the failing name server', await openFailingServer(brokenAddress));
    return describeDns(authority, resolver, stack.stopAll);
  } catch (error) {
    await stack.stopAll();
    throw error;
  }
}

const doNothing = async () => {};

type Authority = ReturnType<typeof createAuthority>;

/** While it is off, a server that fails stands in its place: unbound would try a closed port for minutes. */
function createAuthority(folder: string, zones: readonly Zone[]) {
  const current = new Map([rootZone, ...zones].map((zone) => [zone.name, zone]));
  let serial = 0;
  let stop = doNothing;
  return {
    start: async () => {
      await stop();
      serial += 1;
      const served = [...current.values()].filter(isServed);
      const files = await Promise.all(served.map((zone) => writeZone(folder, zone, serial)));
      const nsd = await startAuthority(folder, files);
      stop = () => nsd.stop();
    },
    fail: async () => {
      await stop();
      stop = await openFailingServer(authorityAddress);
    },
    silence: async () => {
      await stop();
      stop = await openSilentServer(authorityAddress);
    },
    stop: () => stop(),
    setRecords: (name: string, records: string, kind?: ServedKind) => {
      const zone = current.get(name);
      if (zone === undefined) throw new Error(`the bed serves no zone ${name}`);
      current.set(name, { ...zone, records, kind: kind ?? zone.kind });
    },
  };
}

function describeDns(authority: Authority, resolver: Resolver, stop: () => Promise<void>): Dns {
  const restart = async () => {
    await authority.start();
    await resolver.flushCache();
  };
  return {
    resolver: resolverAddress,
    queryLog: resolver.queryLog,
    flushCache: resolver.flushCache,
    stopAuthority: authority.fail,
    silenceAuthority: authority.silence,
    startAuthority: restart,
    setRecords: async (zoneName, records, kind) => {
      authority.setRecords(zoneName, records, kind);
      await restart();
    },
    stop,
  };
}
