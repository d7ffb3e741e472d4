/** A SocksPort that leads to exchangers of the test, by onion address and port, or refuses with Tor's reply byte. */
import type { Connection } from '../../src/net/connection.ts';
import { listen } from '../../src/net/listen.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { ExchangerServer } from '../delivery/exchanger-server.ts';

/** How an exchanger behaves, or the byte with which Tor says that it is not to be reached. */
type Far = ConstructorParameters<typeof ExchangerServer>[1] | number;

interface FakeTor {
  /** Who was asked for, in this order: `AAA.onion:25`. */
  readonly asked: readonly string[];
  /** Those that were reached, in this order. */
  readonly servers: readonly ExchangerServer[];
}

interface WithAfter {
  after(run: () => Promise<void>): void;
}

const timeoutMs = 10_000;

export async function startFakeTor(
  t: WithAfter,
  address: SocketAddress,
  far: Readonly<Record<string, Far>>,
): Promise<FakeTor> {
  const asked: string[] = [];
  const servers: ExchangerServer[] = [];
  const serve = async (client: Connection) => {
    const name = await readRequest(client);
    asked.push(name);
    const behaviour = far[name] ?? 0xf0;
    if (typeof behaviour === 'number') return refuse(client, behaviour);
    await client.write(Buffer.of(1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0), timeoutMs);
    const server = new ExchangerServer(client, behaviour);
    servers.push(server);
    await server.serve();
  };
  const onConnection = (client: Connection) => void serve(client).catch(() => client.destroy());
  const listener = await listen(address, { onConnection });
  t.after(() => listener.close());
  return { asked, servers };
}

/** Client and fake write each part at once, so each read holds a part. */
async function readRequest(client: Connection): Promise<string> {
  await client.read(timeoutMs);
  await client.write(Buffer.of(5, 2), timeoutMs);
  const bytes = (await client.read(timeoutMs)) ?? Buffer.alloc(0);
  const userBytes = bytes.readUInt8(1);
  const passwordBytes = bytes.readUInt8(2 + userBytes);
  const request = bytes.subarray(3 + userBytes + passwordBytes);
  const host = request.subarray(5, 5 + request.readUInt8(4));
  return `${host.toString()}:${request.readUInt16BE(5 + host.length)}`;
}

async function refuse(client: Connection, code: number): Promise<void> {
  await client.write(Buffer.of(1, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0), timeoutMs);
  client.end();
}
