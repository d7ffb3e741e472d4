/** A small server of a test on a free loopback port, which can be stopped whoever is connected. */
import { createServer, type Socket } from 'node:net';

export interface LoopbackServer {
  /** As Postfix names it: `inet:127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startLoopbackServer(serve: (socket: Socket) => void): Promise<LoopbackServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, () => resolve()));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has a port');
  return {
    address: `inet:127.0.0.1:${bound.port}`,
    port: bound.port,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}
