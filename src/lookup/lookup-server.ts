/**
 * The lookup server: what Postfix asks by socketmap_table(5) and tcp_table(5), and Exim by ${readsocket}. Any number
 * of sockets, any number of clients; what one client does is nothing to the others.
 */
import type { Log } from '../log.ts';
import { type Listener, listen } from '../net/listen.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import type { AnswerKey } from './answer-key.ts';
import { serveClient } from './serve-client.ts';
import { socketmapProtocol, type TableProtocol, tcpTableProtocol } from './table-protocol.ts';

interface LookupServerOptions {
  readonly socketmap: readonly SocketAddress[];
  readonly tcpTable: readonly SocketAddress[];
  readonly answer: AnswerKey;
  /** A client that is silent for so long is let go; it connects again when it has a question. */
  readonly idleMs: number;
  /** Unix-domain sockets: permission bits such as 0o660, and the group that owns them. */
  readonly mode?: number;
  readonly gid?: number;
  readonly log: Log;
}

interface LookupServer {
  /** Where it really listens: socketmap first, then tcp_table, each in the order given. */
  readonly addresses: readonly SocketAddress[];
  close(): Promise<void>;
}

/** Throws `listen-failed`; then none of the sockets stays open. */
export async function startLookupServer(options: LookupServerOptions): Promise<LookupServer> {
  const wanted = [
    ...options.socketmap.map((address) => ({ address, protocol: socketmapProtocol })),
    ...options.tcpTable.map((address) => ({ address, protocol: tcpTableProtocol })),
  ];
  const listeners: Listener[] = [];
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    for (const { address, protocol } of wanted)
      listeners.push(await listenForClients(address, protocol, options));
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: listeners.map(({ address }) => address), close };
}

async function listenForClients(
  address: SocketAddress,
  protocol: TableProtocol,
  options: LookupServerOptions,
): Promise<Listener> {
  const { answer, idleMs, mode, gid, log } = options;
  const listener = await listen(address, {
    ...(mode === undefined ? {} : { mode }),
    ...(gid === undefined ? {} : { gid }),
    onConnection: (connection) => void serveClient(connection, { protocol, answer, idleMs, log }),
  });
  log.info(
    { protocol: protocol.name, address: formatSocketAddress(listener.address) },
    'listening for lookups',
  );
  return listener;
}
