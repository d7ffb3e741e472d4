/** What listens at the far end besides Postfix: an echo, and a sink that says a word when it has all. */
import { createServer, type Server, type Socket } from 'node:net';

export interface FarServer {
  readonly stop: () => Promise<void>;
}

export function startEcho(port: number): Promise<FarServer> {
  return start(port, (socket) => void socket.pipe(socket));
}

/** The first four bytes say how many follow; after the last of them it says one byte. */
export function startByteSink(port: number): Promise<FarServer> {
  return start(port, (socket) => {
    let missing: number | undefined;
    socket.on('data', (bytes: Buffer) => {
      missing = missing === undefined ? 4 + bytes.readUInt32BE() - bytes.length : missing - bytes.length;
      if (missing <= 0) socket.end('.');
    });
  });
}

async function start(port: number, serve: (socket: Socket) => void): Promise<FarServer> {
  const open = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return {
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}
