import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Connection } from '../../src/net/connection.ts';
import { dial } from '../../src/net/dial.ts';
import { listen } from '../../src/net/listen.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

/** Two ends of one connection over a Unix-domain socket. */
async function connectPair(t: TestContext): Promise<{ client: Connection; server: Connection }> {
  const path = join(makeTemporaryFolder(t), 's');
  const [server, client] = await new Promise<[Connection, Connection]>((resolve, reject) => {
    const dialled = listen({ kind: 'unix', path }, { onConnection: (connection) => pair(connection) }).then(
      (listener) => {
        t.after(() => listener.close());
        return dial({ kind: 'unix', path }, 5000);
      },
    );
    dialled.catch(reject);
    const pair = (accepted: Connection) => void dialled.then((mine) => resolve([accepted, mine]));
  });
  t.after(() => client.destroy());
  return { client, server };
}

async function readAll(connection: Connection): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const bytes = await connection.read(5000);
    if (bytes === null) return Buffer.concat(parts);
    parts.push(bytes);
  }
}

test('bytes come through, and the end of a side reads as null', async (t) => {
  const { client, server } = await connectPair(t);
  await client.write('hello', 5000);
  client.end();
  assert.equal((await readAll(server)).toString(), 'hello');
  await server.write('goodbye', 5000);
  server.end();
  assert.equal((await readAll(client)).toString(), 'goodbye', 'the other direction stays open (half-close)');
});

test('returned bytes are read first, in order', async (t) => {
  const { client, server } = await connectPair(t);
  await client.write('world', 5000);
  server.unread(Buffer.from('lo '));
  server.unread(Buffer.from('hel'));
  assert.equal((await server.read(5000))?.toString(), 'hello ');
  assert.equal((await server.read(5000))?.toString(), 'world');
});

test('a silent peer is a timeout that names the peer', async (t) => {
  const { client } = await connectPair(t);
  await assert.rejects(client.read(10), {
    code: 'connection-timeout',
    message: /^unix:.* sent nothing for 10 ms$/,
  });
});

test('each read has its own deadline, whatever those before it had', async (t) => {
  const { client, server } = await connectPair(t);
  await server.write('x', 5000);
  assert.equal((await client.read(60_000))?.toString(), 'x');
  await assert.rejects(client.read(10), { message: / sent nothing for 10 ms$/ });
  await server.write('y', 5000);
  assert.equal((await client.read(5))?.toString(), 'y');
  const pending = client.read(60_000);
  await assert.rejects(server.read(10), { code: 'connection-timeout' }); // by then the time of the read before is over
  await server.write('z', 5000);
  assert.equal((await pending)?.toString(), 'z');
});

test('a destroyed connection ends a pending read, and later writes', async (t) => {
  const { client } = await connectPair(t);
  const pending = assert.rejects(client.read(5000), { code: 'connection-lost' });
  client.destroy();
  await pending;
  await assert.rejects(client.write('x', 5000), { code: 'connection-lost' });
  await client.closed;
});

test('a peer that reads nothing holds the writer up, and the deadline ends it', async (t) => {
  const { client } = await connectPair(t);
  const block = Buffer.alloc(1 << 20);
  const fill = async () => {
    for (let written = 0; written < 64; written++) await client.write(block, 50);
  };
  await assert.rejects(fill(), { code: 'connection-timeout', message: /took no data for 50 ms/ });
});

test('a slow reader gets everything, with the writer waiting for it', async (t) => {
  const { client, server } = await connectPair(t);
  const block = Buffer.alloc(1 << 20, 'x');
  const writing = (async () => {
    for (let written = 0; written < 8; written++) await client.write(block, 5000);
    client.end();
  })();
  assert.equal((await readAll(server)).length, 8 << 20);
  await writing;
});

test('a writer that waits is told when the connection breaks', async (t) => {
  const { client, server } = await connectPair(t);
  const block = Buffer.alloc(8 << 20);
  const writing = assert.rejects(client.write(block, 5000), { code: 'connection-lost' });
  server.destroy();
  await writing;
});
