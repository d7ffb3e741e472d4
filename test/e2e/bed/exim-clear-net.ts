/**
 * The clear net for the bed's Exim: port 25 of a loopback address that Exim does not listen on, because Exim takes a
 * host whose address is one of its own for itself. What comes there goes to an SMTP sink.
 */
import { createConnection, createServer, type Socket } from 'node:net';

/** For the A records of domains on the clear net. */
export const clearNetAddress = '127.0.0.9';

export async function openClearNet(sinkPort: number): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const sink = createConnection({ host: '127.0.0.1', port: sinkPort, allowHalfOpen: true });
    for (const socket of [client, sink]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
    }
    client.pipe(sink).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(25, clearNetAddress, resolve);
  });
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
}
