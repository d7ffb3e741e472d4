import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSocketmapAsker } from '../../src/net/ask-socketmap.ts';
import type { Connection } from '../../src/net/connection.ts';
import { type Listener, listen } from '../../src/net/listen.ts';
import { NetstringDecoder } from '../../src/protocol/netstring.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { encodeSocketmapReply } from '../../src/protocol/socketmap.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

type Answer = (request: string, connection: Connection) => Promise<Uint8Array | string | undefined>;

interface FakeDaemon {
  readonly address: SocketAddress;
  readonly connections: readonly Connection[];
  readonly requests: readonly string[];
}

/** undefined: no answer. */
async function startDaemon(t: TestContext, answer: Answer): Promise<FakeDaemon> {
  const address: SocketAddress = { kind: 'unix', path: join(makeTemporaryFolder(t), 's') };
  const [connections, requests]: [Connection[], string[]] = [[], []];
  const serve = async (connection: Connection) => {
    const decoder = new NetstringDecoder(1000);
    for (;;) {
      const bytes = await connection.read(60_000);
      if (bytes === null) return connection.end();
      for (const request of decoder.decode(bytes)) {
        requests.push(request.toString());
        const reply = await answer(request.toString(), connection);
        if (reply !== undefined) await connection.write(reply, 1000);
      }
    }
  };
  const listener: Listener = await listen(address, {
    onConnection: (connection) => {
      connections.push(connection);
      serve(connection).catch(() => connection.destroy());
    },
  });
  t.after(() => listener.close());
  return { address, connections, requests };
}

const notFound = encodeSocketmapReply('NOTFOUND', '');
const options = { mapName: 'm', timeoutMs: 10_000, idleMs: 60_000 };

test('questions go over one connection', async (t) => {
  const daemon = await startDaemon(t, async (request) => encodeSocketmapReply('OK', `to ${request}`));
  const ask = createSocketmapAsker({ ...options, address: daemon.address });
  assert.deepEqual(await ask('a.test'), { status: 'OK', text: 'to m a.test' });
  assert.deepEqual(await ask('b.test'), { status: 'OK', text: 'to m b.test' });
  assert.equal(daemon.connections.length, 1);
});

test('an answer in single bytes', async (t) => {
  const daemon = await startDaemon(t, async (_request, connection) => {
    for (const byte of encodeSocketmapReply('OK', 'dane')) await connection.write(Buffer.of(byte), 1000);
    return undefined;
  });
  const ask = createSocketmapAsker({ ...options, address: daemon.address });
  assert.deepEqual(await ask('a.test'), { status: 'OK', text: 'dane' });
});

test('a slow answer holds up no other', async (t) => {
  const turn = new EventEmitter();
  const released = once(turn, 'released');
  const daemon = await startDaemon(t, async (request) => {
    if (request === 'm slow.test') await released;
    return encodeSocketmapReply('OK', request);
  });
  const ask = createSocketmapAsker({ ...options, address: daemon.address });
  await ask('first.test');
  const slow = ask('slow.test');
  assert.equal((await ask('fast.test')).text, 'm fast.test');
  turn.emit('released');
  assert.equal((await slow).text, 'm slow.test');
  // one of the two is kept
  await ask('last.test');
  assert.equal(daemon.connections.length, 2);
});

test('a kept connection that the daemon has closed is no failure', async (t) => {
  const daemon = await startDaemon(t, async () => notFound);
  const ask = createSocketmapAsker({ ...options, address: daemon.address });
  await ask('a.test');
  for (const connection of daemon.connections) connection.destroy();
  await ask('b.test');
  assert.deepEqual(daemon.requests, ['m a.test', 'm b.test']);
  assert.equal(daemon.connections.length, 2);
});

test('what comes too late is the answer of no other question', async (t) => {
  const daemon = await startDaemon(t, async (request) =>
    request === 'm silent.test' ? undefined : encodeSocketmapReply('OK', request),
  );
  const ask = createSocketmapAsker({ ...options, timeoutMs: 50, address: daemon.address });
  await assert.rejects(ask('silent.test'), { code: 'connection-timeout' });
  await daemon.connections[0]?.closed;
  assert.equal((await createSocketmapAsker({ ...options, address: daemon.address })('b')).text, 'm b');
});

test('a connection may be kept for no longer than its answer', async (t) => {
  const daemon = await startDaemon(t, async () => notFound);
  const ask = createSocketmapAsker({ ...options, idleMs: 0, address: daemon.address });
  await ask('a.test');
  await daemon.connections[0]?.closed;
});

test('an idle connection is closed', async (t) => {
  const daemon = await startDaemon(t, async () => notFound);
  const ask = createSocketmapAsker({ ...options, idleMs: 1, address: daemon.address });
  await ask('a.test');
  await daemon.connections[0]?.closed;
});

const failures: readonly [why: string, reply: string | undefined, code: string][] = [
  ['the daemon closes the connection', undefined, 'connection-lost'],
  ['no netstring', 'hello', 'lookup-request-malformed'],
  ['no status', '5:hello,', 'lookup-request-malformed'],
  ['two answers to one question', '9:NOTFOUND ,9:NOTFOUND ,', 'lookup-request-malformed'],
];
for (const [why, reply, code] of failures) {
  test(`an error: ${why}`, async (t) => {
    const daemon = await startDaemon(t, async (_request, connection) => {
      if (reply === undefined) connection.end();
      return reply;
    });
    const ask = createSocketmapAsker({ ...options, address: daemon.address });
    await assert.rejects(ask('a.test'), { code });
  });
}

test('no daemon at all', async (t) => {
  const address: SocketAddress = { kind: 'unix', path: join(makeTemporaryFolder(t), 'none') };
  await assert.rejects(createSocketmapAsker({ ...options, address })('a.test'), {
    code: 'connect-failed',
  });
});
