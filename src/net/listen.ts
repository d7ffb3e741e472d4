/** Listens on a Unix-domain or TCP socket and hands out connections. */
import { chmod, chown, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { OnionmxError, messageOf } from '../errors.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import { type Connection, toConnection } from './connection.ts';
import { dial } from './dial.ts';

export interface ListenOptions {
  /** Unix-domain sockets: permission bits such as 0o660, and the group that owns the socket. */
  readonly mode?: number;
  readonly gid?: number;
  /** Called once a connection. It owns the connection and catches its own failures. */
  readonly onConnection: (connection: Connection) => void;
}

export interface Listener {
  readonly address: SocketAddress;
  /** Stops accepting, destroys the connections that are left, and removes the socket file. */
  close(): Promise<void>;
}

/**
 * Throws `listen-failed`, also when another process answers at that Unix-domain socket.
 * The file of a dead socket is replaced; any other kind of file is left alone. TCP port 0 takes a free port.
 */
export async function listen(address: SocketAddress, options: ListenOptions): Promise<Listener> {
  const connections = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = toConnection(socket, `client of ${formatSocketAddress(address)}`);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
    options.onConnection(connection);
  });
  const bound = await bind(server, address, options);
  return {
    address: bound,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      return closed;
    },
  };
}

async function bind(server: Server, address: SocketAddress, options: ListenOptions): Promise<SocketAddress> {
  try {
    if (address.kind === 'tcp') return await bindTcp(server, address);
    await makeRoomFor(address.path);
    await startListening(server, { path: address.path });
    if (options.gid !== undefined) await chown(address.path, -1, options.gid);
    if (options.mode !== undefined) await chmod(address.path, options.mode);
    return address;
  } catch (cause) {
    server.close();
    throw listenFailed(address, cause);
  }
}

async function bindTcp(server: Server, address: { host: string; port: number }): Promise<SocketAddress> {
  await startListening(server, { host: address.host, port: address.port });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { kind: 'tcp', host: address.host, port };
}

function startListening(
  server: Server,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/** A socket file outlives its process: whoever finds nobody behind it may take its place. */
async function makeRoomFor(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error('a file that is no socket is in the way');
  if (await isAnswered(path)) throw new Error('another process is listening there');
  await rm(path);
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    const connection = await dial({ kind: 'unix', path }, 2000);
    connection.destroy();
    return true;
  } catch {
    return false;
  }
}

function listenFailed(address: SocketAddress, cause: unknown): OnionmxError {
  const why = messageOf(cause);
  return new OnionmxError('listen-failed', `cannot listen on ${formatSocketAddress(address)}: ${why}`, {
    hint: 'stop the other process, or choose another address in the configuration',
    cause,
  });
}
