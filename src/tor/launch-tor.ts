/** One life of our tor: the process, and the control connection by which it is ours and ends when we do. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { dial } from '../net/dial.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import type { TorControlReply } from '../protocol/tor-control.ts';
import { connectTorControl, type TorControl } from './control-client.ts';
import type { Timing } from './timing.ts';
import { passOn } from './tor-log-line.ts';
import { startTorProcess, type TorProcess } from './tor-process.ts';
import type { TorPaths } from './torrc.ts';

export interface TorLife {
  /** How the process ended: `status 1` or `signal SIGKILL`. */
  readonly ended: Promise<string>;
}

export interface LaunchOptions {
  /** Absolute path of the program. */
  readonly program: string;
  readonly paths: TorPaths;
  readonly log: Log;
  readonly timing: Timing;
  /** Besides those of its bootstrap. */
  readonly eventNames: readonly string[];
  /** The text of each event, and of the answer where its bootstrap stands. */
  readonly onEvent: (text: string) => void;
}

/** tor watches its owner, if it must, every 15 s. */
const leaveTimeoutMs = 20_000;
const startTimeoutMs = 30_000;
const pollMs = 50;
const dialTimeoutMs = 2000;
const commandTimeoutMs = 10_000;

/**
 * Resolves when the SocksPort listens. The life ends when the signal is aborted, in launching or later.
 * Throws `tor-failed` with tor's own last words, and then leaves no process behind.
 */
export async function launchTor(options: LaunchOptions, signal: AbortSignal): Promise<TorLife> {
  const { program, paths, log } = options;
  await waitUntilFree(options, signal);
  const tor = await startTorProcess(program, paths.torrcFile, (line) => passOn(log, line));
  stopOnAbort(tor, signal);
  try {
    const control = await connectWhenUp(tor, options, signal);
    // A tor that we cannot talk to any more is not ours: end it, and the supervision starts another.
    void control.closed.then(() => tor.stop());
    await takeOver(control, options);
    await assertListening(paths.socks);
    return { ended: tor.ended };
  } catch (error) {
    const why = tor.isRunning() ? toOnionmxError(error).message : `it ended with ${await tor.ended}`;
    await tor.stop();
    throw failed(why, tor.lastWords(), error);
  }
}

function stopOnAbort(tor: TorProcess, signal: AbortSignal): void {
  const stop = () => void tor.stop();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  void tor.ended.then(() => signal.removeEventListener('abort', stop));
}

/**
 * A tor of an onionmx that was killed ends soon, by itself. To start another at once would take its sockets away from
 * it (tor looks at the lock of the data directory later), and from an onionmx that is alive as well.
 */
async function waitUntilFree({ paths, timing }: LaunchOptions, signal: AbortSignal): Promise<void> {
  const deadline = timing.now() + leaveTimeoutMs;
  while (await isAnswered(paths.control)) {
    if (timing.now() >= deadline) throw occupied(paths);
    await timing.wait(pollMs, signal);
  }
}

async function connectWhenUp(
  tor: TorProcess,
  { paths, timing, ...options }: LaunchOptions,
  signal: AbortSignal,
): Promise<TorControl> {
  const deadline = timing.now() + startTimeoutMs;
  const onEvent = ({ lines }: TorControlReply) => options.onEvent(lines[0]?.text ?? '');
  for (;;) {
    try {
      const { control: address, cookieFile } = paths;
      return await connectTorControl({ address, cookieFile, timeoutMs: commandTimeoutMs, onEvent });
    } catch (error) {
      if (!tor.isRunning() || timing.now() >= deadline) throw error;
      await timing.wait(pollMs, signal);
    }
  }
}

/** From here on tor ends when this connection does, at once, and need not look for our process any more. */
async function takeOver(control: TorControl, { eventNames, onEvent }: LaunchOptions): Promise<void> {
  await control.send('TAKEOWNERSHIP');
  await control.send('RESETCONF', '__OwningControllerProcess');
  await control.send('SETEVENTS', 'STATUS_CLIENT', ...eventNames);
  const { lines } = await control.send('GETINFO', 'status/bootstrap-phase');
  for (const { text } of lines) onEvent(text);
}

async function assertListening(socks: SocketAddress): Promise<void> {
  if (await isAnswered(socks)) return;
  const where = formatSocketAddress(socks);
  throw new OnionmxError(
    'tor-failed',
    `it does not listen at ${where}, which a line of extraTorrc may forbid`,
  );
}

async function isAnswered(address: SocketAddress): Promise<boolean> {
  return dial(address, dialTimeoutMs).then(
    (connection) => {
      connection.destroy();
      return true;
    },
    () => false,
  );
}

function failed(why: string, lastWords: string, cause: unknown): OnionmxError {
  return new OnionmxError('tor-failed', `tor did not start: ${why}; its last words: ${lastWords}`, {
    hint: 'mend what tor complains of; `onionmx config` shows `tor.extraTorrc`, `log.level: debug` shows all its lines',
    cause,
  });
}

function occupied({ control, dataFolder }: TorPaths): OnionmxError {
  const message = `another tor uses ${dataFolder}: it answers at ${formatSocketAddress(control)} after ${leaveTimeoutMs / 1000} s`;
  return new OnionmxError('tor-failed', message, {
    hint: 'stop the other onionmx (`pgrep -a onionmx`), or give this one another `stateFolder`',
  });
}
