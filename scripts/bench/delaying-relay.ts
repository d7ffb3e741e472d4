/**
 * A TCP relay that adds a round trip: each byte is passed on half of it later. It stands between the onion host's Tor and
 * what listens behind it, so that it counts for all who come over the onion alike. The connection to the listener begins
 * half a round trip after the one to the relay, so that a server that speaks first is heard a whole one after it.
 * What is under way is not bounded: a long way, not a narrow one.
 */
import { createConnection, createServer, type Socket } from 'node:net';

export interface DelayingRelay {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export interface RelayOptions {
  readonly port: number;
  readonly targetPort: number;
  /** Asked at the beginning of each connection. */
  readonly roundTripMs: () => number;
}

export async function startDelayingRelay(options: RelayOptions): Promise<DelayingRelay> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    keep(near);
    const halfMs = options.roundTripMs() / 2;
    later(halfMs, () => {
      if (near.destroyed) return;
      const far = createConnection({
        host: '127.0.0.1',
        port: options.targetPort,
        noDelay: true,
        allowHalfOpen: true,
      });
      keep(far);
      join(near, far, halfMs);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '0.0.0.0', () => resolve()); // all loopback addresses, each a destination to Postfix
  });
  return {
    port: options.port,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}

function join(near: Socket, far: Socket, halfMs: number): void {
  near.once('close', () => later(halfMs, () => far.destroy()));
  far.once('close', () => later(halfMs, () => near.destroySoon()));
  if (halfMs === 0) {
    near.pipe(far);
    far.pipe(near);
  } else {
    passLater(near, far, halfMs);
    passLater(far, near, halfMs);
  }
}

/** Timers of one length fire in the order in which they were set. */
function passLater(from: Socket, to: Socket, halfMs: number): void {
  from.on('data', (bytes: Buffer) => later(halfMs, () => to.writable && to.write(bytes)));
  from.on('end', () => later(halfMs, () => to.end()));
}

function later(ms: number, deed: () => unknown): void {
  if (ms === 0) deed();
  else setTimeout(deed, ms);
}
