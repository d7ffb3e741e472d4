/** Our own tor: started, kept alive, watched on its way into the Tor network, and stopped with us. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { OnionmxError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import type { Bootstrap } from './bootstrap.ts';
import { BootstrapProgress } from './bootstrap-progress.ts';
import { findProgram } from './find-program.ts';
import { launchTor, type TorLife } from './launch-tor.ts';
import { type ReceivingOptions, ReceivingTor } from './receiving-tor.ts';
import { superviseTor } from './supervise-tor.ts';
import { realTiming } from './timing.ts';
import { formatTorrc, quoteText, type TorPaths, torPathsIn } from './torrc.ts';

export interface ManagedTorOptions {
  /** A path, or a name found on PATH or in /usr/sbin. */
  readonly program: string;
  /** Absolute; belongs to tor alone. Its sockets lie in it, so its path has 99 bytes at most. */
  readonly folder: string;
  readonly extraTorrc: readonly string[];
  /** Where the keys are by which this host gets into closed groups; undefined: it is in none. */
  readonly accessFolder?: string;
  /** undefined: it only sends. */
  readonly receiving?: ReceivingOptions;
  readonly log: Log;
}

export interface ManagedTor {
  /** The same over all restarts. */
  readonly socks: SocketAddress;
  isRunning(): boolean;
  readonly bootstrap: Bootstrap;
  /** Resolves when no tor of ours is left. */
  stop(): Promise<void>;
}

/**
 * Returns at once: a tor that does not start (`tor-missing`, `tor-folder`, `tor-failed`) is an error in the log, and is
 * tried again, since deliveries can wait and nothing else needs it. Throws `socket-address-invalid` for a bad folder.
 */
export function startManagedTor(options: ManagedTorOptions): ManagedTor {
  const { log } = options;
  const paths = torPathsIn(options.folder);
  const progress = new BootstrapProgress(log);
  const receiving = new ReceivingTor(options.receiving, log);
  const supervision = superviseTor({
    launch: (signal) => prepareAndLaunch(options, { paths, progress, receiving }, signal),
    onEnd: () => progress.reset(),
    log,
    timing: realTiming,
  });
  return {
    socks: paths.socks,
    isRunning: () => supervision.isRunning(),
    get bootstrap() {
      return progress.current;
    },
    async stop() {
      await supervision.stop();
      await receiving.close();
    },
  };
}

interface Parts {
  readonly paths: TorPaths;
  readonly progress: BootstrapProgress;
  readonly receiving: ReceivingTor;
}

async function prepareAndLaunch(
  options: ManagedTorOptions,
  { paths, progress, receiving }: Parts,
  signal: AbortSignal,
): Promise<TorLife> {
  const { log } = options;
  const program = await findProgram(options.program, process.env['PATH']);
  await prepareFolders(options, paths, async () => {
    const lines = [...accessLines(options), ...(await receiving.prepare(program)), ...options.extraTorrc];
    return formatTorrc(paths, process.pid, lines);
  });
  const onEvent = (text: string) => {
    progress.note(text);
    receiving.note(text);
  };
  const { eventNames } = receiving;
  const life = await launchTor({ program, paths, log, timing: realTiming, eventNames, onEvent }, signal);
  log.info({ program, socks: formatSocketAddress(paths.socks) }, 'tor runs');
  await receiving.announce();
  return life;
}

function accessLines({ accessFolder }: ManagedTorOptions): readonly string[] {
  return accessFolder === undefined ? [] : [`ClientOnionAuthDir ${quoteText(accessFolder)}`];
}

/** tor makes sockets only in a folder that is closed to all others. */
async function prepareFolders(
  { folder, accessFolder }: ManagedTorOptions,
  paths: TorPaths,
  writeTorrc: () => Promise<string>,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await mkdir(paths.dataFolder, { recursive: true, mode: 0o700 });
    if (accessFolder !== undefined) await mkdir(accessFolder, { recursive: true, mode: 0o700 });
    await writeFile(paths.torrcFile, await writeTorrc(), { mode: 0o600 });
  } catch (cause) {
    if (cause instanceof OnionmxError) throw cause;
    const why = messageOf(cause);
    throw new OnionmxError('tor-folder', `cannot prepare tor's folder: ${why}`, {
      hint: `it must belong to the user of onionmx: \`install -d -m 700 -o USER ${folder}\``,
      cause,
    });
  }
}
