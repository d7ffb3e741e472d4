/** The authoritative name server (nsd) of the bed: it serves zone files on a loopback port. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askDns } from './ask-dns.ts';
import type { ZoneFile } from './dns-zones.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';
import { readTail } from './read-tail.ts';

export const authorityAddress = { host: '127.0.0.1', port: 5301 };

/** Returns when it answers. */
export async function startAuthority(folder: string, zones: readonly ZoneFile[]): Promise<RunningProcess> {
  const configPath = join(folder, 'nsd.conf');
  const outputPath = join(folder, 'nsd.log');
  await writeFile(configPath, configText(folder, zones));
  const nsd = await startProcess({ name: 'nsd', command: 'nsd', args: ['-d', '-c', configPath], outputPath });
  const answers = async () => {
    nsd.assertRunning();
    return (await askDns(authorityAddress, '.', 'SOA', 300))?.rcode === 'NOERROR';
  };
  await waitFor('nsd to answer', answers, 10_000, { explain: () => readTail(outputPath) });
  return nsd;
}

function configText(folder: string, zones: readonly ZoneFile[]): string {
  const server = [
    `ip-address: ${authorityAddress.host}@${authorityAddress.port}`,
    'server-count: 1',
    'username: ""',
    'chroot: ""',
    `zonesdir: "${folder}"`,
    `pidfile: "${join(folder, 'nsd.pid')}"`,
    'database: ""',
    `xfrdfile: "${join(folder, 'xfrd.state')}"`,
    `xfrdir: "${folder}"`,
    `zonelistfile: "${join(folder, 'zone.list')}"`,
    'rrl-ratelimit: 0',
  ];
  return [
    'server:',
    ...server.map((line) => `  ${line}`),
    'remote-control:\n  control-enable: no',
    ...zones.map(({ name, path }) => `zone:\n  name: "${name}."\n  zonefile: "${path}"`),
    '',
  ].join('\n');
}
