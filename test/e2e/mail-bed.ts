/**
 * The bed that mail goes through: alice's Postfix at sender.test with onionmx, bob's Postfix behind an onion service,
 * a scripted far host behind another, and a clear net that takes everything else.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Zone } from './bed/dns-zones.ts';
import type { Postfix } from './bed/postfix.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import type { SinkOptions } from './bed/smtp-sink-script.ts';
import { type Bed, type OnionAddressOf, startBed } from './bed/start-bed.ts';
import { readTail } from './bed/read-tail.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { type Onionmx, type OnionmxOptions, startOnionmx } from './onionmx-process.ts';

/** Ports of the bed; each bed has a namespace of its own. */
export const ports = {
  sender: 2501,
  receiver: 2502,
  sink: 2503,
  clearNet: 2504,
  guarded: 2505,
  tcpTable: 2526,
} as const;

export interface MailBed {
  readonly bed: Bed;
  readonly sender: Postfix;
  readonly receiver: Postfix;
  /** The far host at the onion address of `sink`. */
  readonly sink: SmtpSink;
  readonly clearNet: SmtpSink;
  readonly onionmx: Onionmx;
  /** Onion addresses by host name: `receiver`, `sink`. */
  readonly onionAddressOf: OnionAddressOf;
  readonly mapFile: string;
  /** The lookup socket, by its absolute path. */
  readonly mapSocket: string;
  readonly stop: () => Promise<void>;
}

export interface MailBedOptions extends OnionmxOptions {
  readonly sink?: SinkOptions;
  /** Zones besides example.test (unsigned, the receiver) and signed.test (the sink). */
  readonly moreZones?: (onionAddressOf: OnionAddressOf) => readonly Zone[];
  /** Lines of the map file. */
  readonly map?: (onionAddressOf: OnionAddressOf) => readonly string[];
  /** `running`: onionmx uses a Tor of the bed's (`bed.clientTor()`), which a test can stop. Default: `managed`. */
  readonly torUse?: 'managed' | 'running';
  /** Sections of the configuration besides those that the bed needs. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs?: number;
  /** Lines for main.cf of bob's Postfix. */
  readonly receiverMainCf?: readonly string[];
  readonly progress?: (step: string, elapsedMs: number) => void;
}

export async function startMailBed(options: MailBedOptions = {}): Promise<MailBed> {
  const sink = await startSmtpSink({ port: ports.sink, hostname: 'mx.sink.test', ...options.sink });
  const clearNet = await startSmtpSink({ port: ports.clearNet, hostname: 'mx.clear.test' });
  const bed = await startBed({
    clientTor: options.torUse === 'running',
    onionHosts: [
      { name: 'receiver', ports: [{ onionPort: 25, target: `127.0.0.1:${ports.receiver}` }] },
      { name: 'sink', ports: [{ onionPort: 25, target: `127.0.0.1:${ports.sink}` }] },
    ],
    zones: (onionAddressOf) => [
      srvZone('example.test', 'unsigned', onionAddressOf('receiver')),
      srvZone('signed.test', 'signed', onionAddressOf('sink')),
      { name: 'clear.test', kind: 'unsigned', records: '@ A 127.0.0.1' },
      { name: 'broken.test', kind: 'broken', records: '' },
      ...(options.moreZones?.(onionAddressOf) ?? []),
    ],
    postfix: [senderPostfix, { ...receiverPostfix, mainCf: options.receiverMainCf ?? [] }],
    ...(options.progress === undefined ? {} : { progress: options.progress }),
  });
  bed.onStop('the sinks', async () => void (await Promise.all([sink.stop(), clearNet.stop()])));
  try {
    return await addOnionmx(bed, sink, clearNet, options);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

/** The names of instances are short: socket paths in their queue directories hold 107 bytes. */
const senderPostfix = {
  name: 'a',
  hostname: 'mx.sender.test',
  ownDomains: ['sender.test'],
  listenPorts: [ports.sender],
  clearNetNexthop: `[127.0.0.1]:${ports.clearNet}`,
  transportMaps: 'regexp:$config_directory/onionmx-own.regexp, socketmap:unix:onionmx/map.sock:onionmx',
  mainCf: ['onion_initial_destination_concurrency = 1', 'smtputf8_enable = yes'],
  masterCf: [
    'onion unix - - n - - lmtp -o syslog_name=postfix/onion',
    'rewrite2 unix - - n - - trivial-rewrite -o transport_maps=',
    `127.0.0.1:${ports.guarded} inet n - n - - smtpd -o rewrite_service_name=rewrite2`,
  ],
} as const;

const receiverPostfix = {
  name: 'b',
  hostname: 'mx.example.test',
  ownDomains: ['example.test', 'mapped.test', 'bücher.test', 'xn--bcher-kva.test'],
  listenPorts: [ports.receiver],
} as const;

function srvZone(name: string, kind: 'signed' | 'unsigned', onionAddress: string): Zone {
  return { name, kind, records: `_onion-mx._tcp SRV 0 0 25 ${onionAddress}.` };
}

async function addOnionmx(
  bed: Bed,
  sink: SmtpSink,
  clearNet: SmtpSink,
  options: MailBedOptions,
): Promise<MailBed> {
  const sender = bed.postfix('a');
  const onionAddressOf = (name: string) => bed.onionHost(name).onionAddress;
  const mapFile = join(bed.folder, 'map.yml');
  await writeFile(join(sender.configDirectory, 'onionmx-own.regexp'), '/@sender\\.test$/ :\n');
  await writeFile(mapFile, `${(options.map?.(onionAddressOf) ?? []).join('\n')}\n`);
  const endpointFolder = join(sender.queueDirectory, 'onionmx');
  const { resolver } = bed.dns();
  const settings = {
    domains: { own: ['sender.test'] },
    map: [mapFile],
    dns: { resolvers: [`${resolver.host}:${resolver.port}`], timeoutMs: 2000 },
    lookup: { socketmap: [`unix:${endpointFolder}/map.sock`], tcpTable: [`127.0.0.1:${ports.tcpTable}`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx', ...connectTimeout(options) },
    tor: torSettings(bed, options),
    ...options.settings,
  };
  const startedMs = performance.now();
  const onionmx = await startOnionmx(join(bed.folder, 'o'), settings, options);
  bed.onStop('onionmx', onionmx.stop);
  options.progress?.('onionmx', performance.now() - startedMs);
  if (options.torUse !== 'running')
    await waitForOnions(onionmx, [onionAddressOf('receiver'), onionAddressOf('sink')], options);
  return {
    bed,
    sender,
    receiver: bed.postfix('b'),
    sink,
    clearNet,
    onionmx,
    onionAddressOf,
    mapFile,
    mapSocket: join(endpointFolder, 'map.sock'),
    stop: bed.stop,
  };
}

function connectTimeout({ connectTimeoutMs }: MailBedOptions) {
  return connectTimeoutMs === undefined ? {} : { connectTimeoutMs };
}

function torSettings(bed: Bed, { torUse = 'managed' }: MailBedOptions) {
  return torUse === 'running'
    ? { use: torUse, socks: `unix:${bed.clientTor().socksPath}` }
    : { use: torUse, extraTorrc: bed.network().torrcLines };
}

/** Through onionmx's own tor, as its deliveries will go. */
async function waitForOnions(
  { stateFolder }: Onionmx,
  hosts: readonly string[],
  { progress }: MailBedOptions,
): Promise<void> {
  const startedMs = performance.now();
  const socksPath = join(stateFolder, 'tor/socks');
  const explain = () => `--- the end of onionmx's log\n${readTail(join(stateFolder, '../onionmx.log'))}`;
  await Promise.all(hosts.map((host) => waitUntilReachable(socksPath, { host, port: 25 }, 60_000, explain)));
  progress?.('onion services reachable', performance.now() - startedMs);
}
