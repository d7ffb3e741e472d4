/** Debian's chasquid, unpacked beside the system: one program, a folder of configuration, and the sockets that systemd would give it. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

const program = resolve('.testbed/chasquid/usr/bin/chasquid');

export interface ChasquidOptions {
  readonly port: number;
  /** The Unix-domain socket that systemd would make. */
  readonly path: string;
  /** Its postmaster and bob have a mailbox together. */
  readonly domain: string;
}

export interface Chasquid {
  readonly waitForReceived: (pattern: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startChasquid(folder: string, options: ChasquidOptions): Promise<Chasquid> {
  const mailbox = join(folder, 'mailbox');
  await writeConfig(folder, mailbox, options);
  const outputPath = join(folder, 'chasquid.out');
  const daemon = await startProcess({
    name: 'chasquid',
    command: 'perl',
    args: ['-e', socketActivation, options.path, program, '-config_dir', folder],
    outputPath,
  });
  const hasSaid = async (path: string, pattern: RegExp) => {
    daemon.assertRunning();
    const text = await readFile(path, 'utf8').catch(() => '');
    return pattern.test(text) && text;
  };
  const wait = (path: string, pattern: RegExp) =>
    waitFor(`${pattern} in ${path}`, () => hasSaid(path, pattern), 60_000, {
      explain: () => readTail(outputPath, 30),
    });
  await wait(outputPath, new RegExp(`listening on .*:${options.port}`, 'i'));
  return { waitForReceived: (pattern) => wait(mailbox, pattern), stop: () => daemon.kill() };
}

/** What systemd does with a socket unit, sd_listen_fds(3): the first socket is descriptor 3. */
const socketActivation = `
use strict; use Socket; use POSIX qw(dup2);
my $path = shift;
$^F = 10; # a program that is started keeps descriptors up to this one
socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($socket, pack_sockaddr_un($path)) or die "bind: $!";
listen($socket, 64) or die "listen: $!";
dup2(fileno($socket), 3) or die "dup2: $!";
@ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 1, 'smtp');
exec @ARGV;
`;

async function writeConfig(folder: string, mailbox: string, options: ChasquidOptions): Promise<void> {
  const { domain, port } = options;
  const [certificates, domainFolder] = [join(folder, 'certs/mx'), join(folder, 'domains', domain)];
  for (const path of [certificates, domainFolder, join(folder, 'data')])
    await mkdir(path, { recursive: true });
  await writeFile(
    join(folder, 'chasquid.conf'),
    `hostname: "mx.${domain}"
smtp_address: "systemd"
smtp_address: "127.0.0.1:${port}"
data_dir: "${folder}/data"
mail_log_path: "<stderr>"
`,
  );
  await appendFile(join(domainFolder, 'aliases'), `bob: | tee -a ${mailbox}\npostmaster: bob\n`);
  const names = ['-keyout', `${certificates}/privkey.pem`, '-out', `${certificates}/fullchain.pem`];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=mx.${domain}`];
  await runProgram('openssl', [...request, ...names]);
}
