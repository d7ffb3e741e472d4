/**
 * A resolver (unbound) that speaks UDP, TCP, TLS and HTTPS, as public ones do. It gives each question to the resolver of the bed, and keeps
 * a log of what it was asked. Its port for UDP and TCP is not the one of TLS or HTTPS, so that the log of another way stays empty.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askDns } from './ask-dns.ts';
import type { IssuedCertificate } from './certificates.ts';
import { resolverAddress } from './dns-resolver.ts';
import { findProgram } from './find-program.ts';
import { readTail } from './read-tail.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

export const frontPorts = { plain: 5310, tls: 8853, https: 8443 } as const;

export interface DnsFront {
  readonly stop: () => Promise<void>;
  /** The names that were asked, lower case, without the final dot. */
  readonly askedNames: () => Promise<string[]>;
}

export async function startDnsFront(bedFolder: string, certificate: IssuedCertificate): Promise<DnsFront> {
  const folder = join(bedFolder, 'dns-front');
  await mkdir(folder, { recursive: true });
  const configPath = join(folder, 'unbound.conf');
  const logPath = join(folder, 'unbound.log');
  const command = join(folder, 'unbound');
  const installed = findProgram('unbound');
  if (installed === undefined) throw new Error('unbound is not installed: apt-get install unbound');
  // Debian's AppArmor profile does not know a copy
  await copyFile(installed, command);
  await writeFile(configPath, configText(folder, certificate));
  const unbound: RunningProcess = await startProcess({
    name: 'unbound in front',
    command,
    args: ['-d', '-c', configPath],
    outputPath: logPath,
  });
  const answers = async () => {
    unbound.assertRunning();
    const address = { host: '127.0.0.1', port: frontPorts.plain };
    return (await askDns(address, 'localhost', 'A', 300)) !== undefined;
  };
  await waitFor('unbound in front to answer', answers, 10_000, { explain: () => readTail(logPath) });
  return {
    stop: () => unbound.stop(),
    askedNames: async () => {
      const lines = (await readFile(logPath, 'utf8')).matchAll(/ query: \S+ (\S+)\. \S+ IN$/gm);
      return Array.from(lines, ([, name = '']) => name.toLowerCase()).filter((name) => name !== 'localhost');
    },
  };
}

function configText(folder: string, { keyFile, certificateFile }: IssuedCertificate): string {
  const server = [
    ...Object.values(frontPorts).map((port) => `interface: 127.0.0.1@${port}`),
    `tls-port: ${frontPorts.tls}`,
    `https-port: ${frontPorts.https}`,
    `tls-service-key: "${keyFile}"`,
    `tls-service-pem: "${certificateFile}"`,
    'http-endpoint: "/dns-query"',
    'access-control: 127.0.0.0/8 allow',
    `directory: "${folder}"`,
    `pidfile: "${join(folder, 'unbound.pid')}"`,
    'username: ""',
    'chroot: ""',
    'use-syslog: no',
    'logfile: ""',
    'log-queries: yes',
    'log-tag-queryreply: yes',
    'module-config: "iterator"',
    'do-ip6: no',
    'do-not-query-localhost: no',
    'local-zone: "test." nodefault',
    'num-threads: 1',
    'so-rcvbuf: 0',
    'cache-max-ttl: 0',
  ];
  const { host, port } = resolverAddress;
  return [
    'server:',
    ...server.map((line) => `  ${line}`),
    'remote-control:\n  control-enable: no',
    `forward-zone:\n  name: "."\n  forward-addr: ${host}@${port}`,
    '',
  ].join('\n');
}
