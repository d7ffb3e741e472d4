/** The validating resolver (unbound) of the bed. It asks the bed's authority only, and keeps a log of what it was asked. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askDns, type DnsServer } from './ask-dns.ts';
import { authorityAddress } from './dns-authority.ts';
import { isServed, isSigned, readTrustAnchor, type Zone } from './dns-zones.ts';
import { findProgram } from './find-program.ts';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

/** Port 53, so that a program that asks the system's resolver behind our back is seen in the log as well. */
export const resolverAddress: DnsServer = { host: '127.0.0.1', port: 53 };

/** The name servers of zones of these kinds: one that answers SERVFAIL, one that never answers. */
export const brokenAddress: DnsServer = { host: '127.0.0.1', port: 5303 };
export const silentAddress: DnsServer = { host: '127.0.0.1', port: 5302 };

export interface DnsQuery {
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: string;
}

export interface Resolver {
  readonly process: RunningProcess;
  readonly queryLog: () => Promise<DnsQuery[]>;
  /** Forgets all answers, and which servers did not answer. */
  readonly flushCache: () => Promise<void>;
}

/** Returns when it answers. */
export async function startResolver(folder: string, zones: readonly Zone[]): Promise<Resolver> {
  const configPath = join(folder, 'unbound.conf');
  const logPath = join(folder, 'unbound.log');
  const anchors = await Promise.all(zones.filter(isSigned).map(({ name }) => readTrustAnchor(folder, name)));
  await writeFile(configPath, configText(folder, zones, anchors));
  const unbound = await startProcess({
    name: 'unbound',
    command: await copyProgram(folder),
    args: ['-d', '-c', configPath],
    outputPath: logPath,
  });
  const answers = async () => {
    unbound.assertRunning();
    return (await askDns(resolverAddress, 'localhost', 'A', 300)) !== undefined;
  };
  await waitFor('unbound to answer', answers, 10_000, { explain: () => readTail(logPath) });
  const control = (...args: string[]) => runProgram('unbound-control', ['-c', configPath, ...args]);
  const flushCache = async () => {
    await control('flush_zone', '.');
    await control('flush_infra', 'all');
  };
  return {
    process: unbound,
    flushCache,
    queryLog: async () => parseQueries(await readFile(logPath, 'utf8')),
  };
}

/** Debian's AppArmor profile lets /usr/sbin/unbound read /etc/unbound only; it does not know a copy. */
async function copyProgram(folder: string): Promise<string> {
  const original = findProgram('unbound');
  if (original === undefined) throw new Error('unbound is not installed: apt-get install unbound');
  const copy = join(folder, 'unbound');
  await copyFile(original, copy);
  return copy;
}

/** `[time] unbound[pid:thread] query: 127.0.0.1 name. TYPE CLASS`, thanks to log-tag-queryreply. */
function parseQueries(log: string): DnsQuery[] {
  const lines = log.matchAll(/ query: \S+ (\S+)\. (\S+) IN$/gm);
  return Array.from(lines, ([, name = '', type = '']) => ({ name: name.toLowerCase(), type })).filter(
    ({ name }) => name !== 'localhost',
  );
}

function configText(folder: string, zones: readonly Zone[], anchors: readonly string[]): string {
  return [
    'server:',
    ...serverLines(folder).map((line) => `  ${line}`),
    ...anchors.map((anchor) => `  trust-anchor: "${anchor}"`),
    'remote-control:',
    '  control-enable: yes',
    '  control-use-cert: no',
    `  control-interface: ${join(folder, 'control')}`,
    stubText('.', authorityAddress),
    ...zones.map((zone) => stubText(`${zone.name}.`, serverOf(zone))),
    '',
  ].join('\n');
}

function serverOf(zone: Zone): DnsServer {
  if (isServed(zone)) return authorityAddress;
  return zone.kind === 'silent' ? silentAddress : brokenAddress;
}

function stubText(name: string, { host, port }: DnsServer): string {
  return `stub-zone:\n  name: "${name}"\n  stub-addr: ${host}@${port}`;
}

/** All of the name space is a stub zone of ours, so nothing is left to ask the real root for. */
function serverLines(folder: string): string[] {
  return [
    `interface: ${resolverAddress.host}@${resolverAddress.port}`,
    'access-control: 127.0.0.0/8 allow',
    `directory: "${folder}"`,
    `pidfile: "${join(folder, 'unbound.pid')}"`,
    'username: ""',
    'chroot: ""',
    'use-syslog: no',
    'logfile: ""',
    'log-queries: yes',
    'log-tag-queryreply: yes',
    'val-log-level: 1',
    'module-config: "validator iterator"',
    'ede: yes',
    'do-ip6: no',
    'do-not-query-localhost: no',
    'local-zone: "test." nodefault',
    'qname-minimisation: no',
    'aggressive-nsec: no',
    'cache-min-ttl: 0',
    'infra-host-ttl: 1',
    'num-threads: 1',
    'so-rcvbuf: 0',
  ];
}
