/**
 * Where Exim listens: `local_interfaces` and `daemon_smtp_ports` (its specification, chapter 13). What a daemon is told on
 * its command line (`-oX`) is not seen. Changes nothing.
 */
import type { SocketAddress } from '../protocol/socket-address.ts';
import { splitEximList } from './exim-list.ts';
import { eximUnreadable, rehearseExim } from './exim-rehearsal.ts';
import { readPortName } from './listening-addresses.ts';
import { runProgram } from './run-program.ts';

interface EximSocket {
  /** As Exim writes it: `127.0.0.1.2515`. */
  readonly name: string;
  readonly address: SocketAddress;
  /** TLS begins with the first byte (`tls_on_connect_ports`). */
  readonly isTlsOnly: boolean;
}

/** A listener as findListener wants it. */
export interface EximListener extends EximSocket {
  readonly addresses: readonly SocketAddress[];
  /** It waits for the line of HAProxy's protocol from clients of this host, such as tor. */
  readonly expectsProxyLine: boolean;
}

/** Throws `exim-unreadable`. */
export async function readEximListeners(): Promise<readonly EximListener[]> {
  const [interfaces = '', ports = '', tlsPorts = ''] = await Promise.all(
    ['local_interfaces', 'daemon_smtp_ports', 'tls_on_connect_ports'].map(askExim),
  );
  return Promise.all(parseEximSockets(interfaces, ports, tlsPorts).map(describeListener));
}

/** Each list as `exim4 -bP` prints it behind the equals sign. */
export function parseEximSockets(interfaces: string, ports: string, tlsPorts: string): readonly EximSocket[] {
  const usual = splitEximList(ports).flatMap((port) => readPortName(port) ?? []);
  const tls = new Set(splitEximList(tlsPorts).map(readPortName));
  const hosts = splitEximList(interfaces.trim() === '' ? '<; 0.0.0.0 ; ::0' : interfaces);
  const found = hosts.flatMap((text) => readInterface(text, usual));
  return found.map(({ host, port }) => ({
    name: `${host}.${port}`,
    address: { kind: 'tcp', host, port },
    isTlsOnly: tls.has(port),
  }));
}

/** `127.0.0.1`, `127.0.0.1.2515`, `::1`, `::1.2515`, `[::1]:2515`; without a port it listens on all the usual ones. */
function readInterface(text: string, usualPorts: readonly number[]) {
  const match =
    /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ??
    /^(\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?$/.exec(text) ??
    /^([0-9a-f]*:[0-9a-f:]*)(?:\.(\d+))?$/i.exec(text);
  const [, found = '', digits] = match ?? [];
  if (found === '') return [];
  const host = found === '::0' ? '::' : found;
  return (digits === undefined ? usualPorts : [Number(digits)]).map((port) => ({ host, port }));
}

/** Only Exim can tell whom its expansions stand for, so it is asked to play the beginning of a session. */
async function describeListener(socket: EximSocket): Promise<EximListener> {
  const { trace } = await rehearseExim({ client: '127.0.0.1', at: socket.name, input: 'QUIT\r\n' });
  return {
    ...socket,
    addresses: [socket.address],
    expectsProxyLine: /^>>> host in hosts_proxy\? yes/m.test(trace),
  };
}

/** What stands behind the equals sign. */
async function askExim(option: string): Promise<string> {
  try {
    const text = await runProgram('exim4', ['-bP', option]);
    return text.slice(text.indexOf('=') + 1).trim();
  } catch (cause) {
    throw eximUnreadable(cause);
  }
}
