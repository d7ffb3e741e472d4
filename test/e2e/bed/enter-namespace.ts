/**
 * Runs a command where nothing can leave and nothing is left behind: in network, mount and process namespaces of its own.
 *
 *   tsx test/e2e/bed/enter-namespace.ts -- command args...
 *
 * Inside, only the loopback interface exists; /etc/resolv.conf names 127.0.0.1; sockets by which a name could be
 * resolved outside (systemd-resolved, nscd, avahi) are covered; /dev/shm is a file system of its own, where beds live.
 * When the command ends, or this process dies in any way, the kernel kills what is left. Where such namespaces cannot
 * be made (no root), the command runs without, and the tests that need them skip themselves and say why.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { pathToFileURL } from 'node:url';
import process from 'node:process';
import { missingPackages } from './bed-availability.ts';
import { bedRootVariable } from './bed-folder.ts';
import { wholePath } from './find-program.ts';
import { listProcesses } from './process-table.ts';

/** The first process inside. It stays, to collect orphans: Node would leave zombies. */
const initScript = `
set -e
ip link set lo up
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
for folder in /run/systemd/resolve /run/nscd /run/avahi-daemon; do
  if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder"; fi
done
resolv=$(readlink -m /etc/resolv.conf)
case $resolv in /run/systemd/resolve/*) : > "$resolv";; esac
echo 'nameserver 127.0.0.1' > /dev/shm/.resolv.conf
if [ -e "$resolv" ]; then mount --bind /dev/shm/.resolv.conf "$resolv"; fi
set +e
"$@"
exit $?
`;

const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the exit status of the command: 128 + number when a signal ended it, as a shell says it. */
export async function runInNamespace(command: string, args: readonly string[]): Promise<number> {
  const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const init = ['sh', '-c', initScript, 'bed-init', command, ...args];
  const inside = canEnter() ? [...unshare, ...init] : [command, ...args];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...inside], {
    stdio: 'inherit',
    detached: true, // so that a Ctrl-C comes once, from us, and not from the terminal as well
    env: { ...(canEnter() ? { [bedRootVariable]: '/dev/shm' } : {}), ...process.env, PATH: wholePath() },
  });
  const forward = (signal: NodeJS.Signals) => forwardSignal(child.pid, signal);
  for (const signal of forwardedSignals) process.on(signal, forward);
  try {
    return await waitForEnd(child);
  } finally {
    for (const signal of forwardedSignals) process.off(signal, forward);
  }
}

function canEnter(): boolean {
  return process.getuid?.() === 0 && missingPackages([]).length === 0;
}

function waitForEnd(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) =>
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]),
    );
  });
}

/** unshare and the first process of a namespace ignore signals: the one to be told is the grandchild, the command. */
function forwardSignal(childPid: number | undefined, signal: NodeJS.Signals): void {
  if (childPid === undefined) return;
  const table = listProcesses();
  const init = table.find(({ parentPid }) => parentPid === childPid);
  const command = table.find(({ parentPid }) => parentPid === init?.pid);
  if (!canEnter()) process.kill(childPid, signal);
  else if (command === undefined) process.kill(childPid, 'SIGKILL');
  else process.kill(command.pid, signal);
}

const [, script = '', ...argv] = process.argv;
if (import.meta.url === pathToFileURL(script).href) {
  const [command, ...args] = argv[0] === '--' ? argv.slice(1) : argv;
  if (command === undefined) throw new Error('usage: enter-namespace.ts -- command args...');
  process.exitCode = await runInNamespace(command, args);
}
