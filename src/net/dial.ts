/** Opens a stream connection to a socket address of this host or network. No names: nothing here asks a resolver. */
import { createConnection, type Socket } from 'node:net';
import { OnionmxError } from '../errors.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import { type Connection, toConnection } from './connection.ts';

/**
 * Throws `connect-failed` (refused, no such socket, no permission) or `connection-timeout`. `peer` is what the
 * connection calls its other end, where that is not the address itself (a server behind a proxy).
 */
export async function dial(
  address: SocketAddress,
  timeoutMs: number,
  peer = formatSocketAddress(address),
): Promise<Connection> {
  const socket = createConnection(
    address.kind === 'unix'
      ? { path: address.path }
      : { host: address.host, port: address.port, noDelay: true },
  );
  await waitUntilConnected(socket, formatSocketAddress(address), timeoutMs);
  return toConnection(socket, peer);
}

function waitUntilConnected(socket: Socket, peer: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: OnionmxError) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new OnionmxError('connection-timeout', `${peer} did not accept within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.once('error', (cause) =>
      fail(new OnionmxError('connect-failed', `cannot connect to ${peer}: ${cause.message}`, { cause })),
    );
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve();
    });
  });
}
