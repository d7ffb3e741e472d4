/** A SOCKS5 proxy for tests: reads the client's side as Tor does, says what it is told to say. */
import { join } from 'node:path';
import type { Connection } from '../../src/net/connection.ts';
import { type Listener, listen } from '../../src/net/listen.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

export interface FakeSocks {
  readonly address: SocketAddress;
  /** Authentication and request of each client, as they came. */
  readonly requests: Buffer[];
  /** Connections that have ended. */
  readonly ended: Promise<void>[];
}

export interface FakeSocksAnswers {
  readonly method?: Uint8Array | 'silence' | 'close';
  /** What follows the request: authentication status, reply, and the server's first words. */
  readonly afterRequest?: Uint8Array | 'silence' | 'close';
}

interface TestScope {
  after(run: () => unknown): void;
}

const timeoutMs = 10_000;

export async function startFakeSocks(t: TestScope, answers: FakeSocksAnswers): Promise<FakeSocks> {
  const address: SocketAddress = { kind: 'unix', path: join(makeTemporaryFolder(t), 'socks') };
  const requests: Buffer[] = [];
  const ended: Promise<void>[] = [];
  const listener: Listener = await listen(address, {
    onConnection: (client) => {
      ended.push(client.closed);
      serve(client, answers, requests).catch(() => client.destroy());
    },
  });
  t.after(() => listener.close());
  return { address, requests, ended };
}

async function serve(client: Connection, answers: FakeSocksAnswers, requests: Buffer[]): Promise<void> {
  const offer = await client.read(timeoutMs);
  // As tor 0.4.9: an offer that comes with more in the same write is never answered.
  if (offer?.length !== 3) return;
  await answer(client, answers.method ?? Buffer.of(5, 2));
  const request = await client.read(timeoutMs);
  if (request === null) return client.end();
  requests.push(request);
  await answer(client, answers.afterRequest ?? 'silence');
  while ((await client.read(timeoutMs)) !== null);
  client.end();
}

async function answer(client: Connection, what: Uint8Array | 'silence' | 'close'): Promise<void> {
  if (what === 'close') client.end();
  else if (what !== 'silence') await client.write(what, timeoutMs);
}
