/** An attacker between an onion and the true mail server: passes streams on as they are, reads along, and may turn them to another server. */
import { connect, createServer, type Socket } from 'node:net';

export interface StreamRelay {
  /** What clients have sent, octet by octet as latin1. */
  readonly heard: () => string;
  /** New streams lead there from now on, and those that are open are cut. */
  readonly turnTo: (host: string, port: number) => void;
  readonly stop: () => Promise<void>;
}

export async function startStreamRelay(listenPort: number, host: string, port: number): Promise<StreamRelay> {
  let target = { host, port };
  const heard: Buffer[] = [];
  const open = new Set<Socket>();
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    client.on('data', (bytes: Buffer) => heard.push(bytes));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: listenPort }, () => resolve());
  });
  return {
    heard: () => Buffer.concat(heard).toString('latin1'),
    turnTo: (newHost, newPort) => {
      target = { host: newHost, port: newPort };
      cutAll();
    },
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cutAll();
      return closed;
    },
  };
}
