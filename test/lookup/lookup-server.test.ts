import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AnswerKey } from '../../src/lookup/answer-key.ts';
import { startLookupServer } from '../../src/lookup/lookup-server.ts';
import { encodeNetstring } from '../../src/protocol/netstring.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const echo: AnswerKey = (key) => Promise.resolve({ kind: 'found', value: key });
const answerAtLength: AnswerKey = () => Promise.resolve({ kind: 'found', value: 'x'.repeat(4000) });
const freePort: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** A server of each protocol on each kind of socket. */
async function startServer(t: TestContext, options: Partial<Parameters<typeof startLookupServer>[0]> = {}) {
  const folder = makeTemporaryFolder(t);
  const log = createRecordingLog();
  const server = await startLookupServer({
    socketmap: [{ kind: 'unix', path: join(folder, 'map') }, freePort],
    tcpTable: [{ kind: 'unix', path: join(folder, 'tab') }, freePort],
    answer: echo,
    idleMs: 60_000,
    log,
    ...options,
  });
  t.after(() => server.close());
  const [mapUnix, mapTcp, tableUnix, tableTcp] = server.addresses;
  assert.ok(mapUnix !== undefined && mapTcp !== undefined);
  assert.ok(tableUnix !== undefined && tableTcp !== undefined);
  return { server, log, socketmaps: [mapUnix, mapTcp], tables: [tableUnix, tableTcp], tableUnix };
}

function connectTo(t: TestContext, address: SocketAddress): Socket {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  const socket = connect({ ...where, noDelay: true, allowHalfOpen: true });
  t.after(() => socket.destroy());
  return socket;
}

/** All that the server says until it ends its side. */
async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    socket.once('end', resolve);
    socket.once('error', reject);
  });
  return Buffer.concat(chunks).toString();
}

/** Sends, ends its side as Exim does, and reads all that comes. */
async function askAtOnce(t: TestContext, address: SocketAddress, stream: string, size = 4096) {
  const socket = connectTo(t, address);
  const said = readToEnd(socket);
  for (const chunk of cutIntoChunks(Buffer.from(stream), size)) {
    await new Promise((resolve) => socket.write(chunk, resolve));
  }
  socket.end();
  return said;
}

const keys = ['bob@b.test', 'eve@c.test', '"x y"@d.test', '*'];

for (const size of chunkSizes) {
  test(`joined requests in chunks of ${size} are answered in order, also to who has ended its side`, async (t) => {
    const { socketmaps, tables } = await startServer(t);
    const requests = keys.map((key) => encodeNetstring(`onionmx ${key}`).toString()).join('');
    const replies = keys.map((key) => encodeNetstring(`OK ${key}`).toString()).join('');
    for (const address of socketmaps) assert.equal(await askAtOnce(t, address, requests, size), replies);
    const encoded = keys.map((key) => key.replace(' ', '%20'));
    const lines = encoded.map((key) => `get ${key}\n`).join('');
    for (const address of tables) {
      assert.equal(await askAtOnce(t, address, lines, size), encoded.map((key) => `200 ${key}\n`).join(''));
    }
  });
}

test('one question, one answer, and the next on the same connection', async (t) => {
  const { tables } = await startServer(t);
  for (const address of tables) {
    const socket = connectTo(t, address);
    for (const key of ['a', 'b', 'c']) {
      socket.write(`get ${key}\n`);
      const reply = await new Promise((resolve) => socket.once('data', resolve));
      assert.equal(String(reply), `200 ${key}\n`);
    }
  }
});

test('pipelined requests are worked on at the same time; a slow first answer does not change the order', async (t) => {
  const asked = new EventEmitter();
  const answer: AnswerKey = async (key) => {
    if (key === 'first') await once(asked, 'last');
    asked.emit(key);
    return echo(key);
  };
  const { tableUnix } = await startServer(t, { answer });
  const said = await askAtOnce(t, tableUnix, 'get first\nget middle\nget last\n');
  assert.equal(said, '200 first\n200 middle\n200 last\n');
});

test('a silent client is let go, without a line in the log', async (t) => {
  const { server, log } = await startServer(t, { idleMs: 20 });
  const linesBefore = log.lines.length;
  for (const address of server.addresses) assert.equal(await readToEnd(connectTo(t, address)), '');
  assert.equal(log.lines.length, linesBefore);
});

test('a client that asks without end and never reads is let go', async (t) => {
  const { tables, log } = await startServer(t, { answer: answerAtLength, idleMs: 500 });
  for (const address of tables) {
    const socket = connectTo(t, address);
    socket.on('error', () => {}); // a write meets the closed connection
    const flood = 'get a\n'.repeat(10_000);
    const pour = (error?: Error | null) => {
      if (!(error instanceof Error)) socket.write(flood, pour);
    };
    pour();
    await new Promise((resolve) => socket.once('close', resolve));
  }
  const reasons = log.lines.map(({ fields }) => String(fields['reason']));
  assert.equal(reasons.filter((reason) => reason.endsWith('took no data for 500 ms')).length, 2);
});

test('who breaks the protocol, or just goes, does not disturb the others', async (t) => {
  const { socketmaps, log } = await startServer(t);
  for (const address of socketmaps) {
    const good = connectTo(t, address);
    const first = encodeNetstring('m one').toString();
    good.write(first.slice(0, 4));
    const gone = connectTo(t, address);
    await new Promise((resolve) => gone.write(first, resolve));
    gone.destroy();
    const bad = 'PERM malformed netstring: 0x47 where a digit or ":" is due';
    assert.equal(
      await askAtOnce(t, address, `GET / HTTP/1.1\n${'x'.repeat(50_000)}`),
      encodeNetstring(bad).toString(),
    );
    const said = readToEnd(good);
    good.end(first.slice(4));
    assert.equal(await said, encodeNetstring('OK one').toString());
  }
  assert.equal(log.lines.filter(({ event }) => event === 'a lookup client is let go').length, 2);
});

test('a request cut off by the end of the connection is no answer and no error', async (t) => {
  const { socketmaps, tables, log } = await startServer(t);
  const linesBefore = log.lines.length;
  for (const address of socketmaps) assert.equal(await askAtOnce(t, address, '10:onionmx b'), '');
  for (const address of tables) assert.equal(await askAtOnce(t, address, 'get a\nget b'), '200 a\n');
  assert.equal(log.lines.length, linesBefore);
});

test('the sockets have the mode and the group that were asked for; closing ends all', async (t) => {
  const gid = process.getgid?.() ?? 0;
  const { server, tableUnix } = await startServer(t, { mode: 0o620, gid });
  assert.ok(tableUnix.kind === 'unix');
  assert.equal(lstatSync(tableUnix.path).mode & 0o777, 0o620);
  const socket = connectTo(t, tableUnix);
  const said = readToEnd(socket);
  await new Promise((resolve) => socket.once('connect', resolve));
  await server.close();
  assert.equal(await said, '');
  assert.equal(lstatSync(tableUnix.path, { throwIfNoEntry: false }), undefined);
});

test('when one address cannot be had, none is kept', async (t) => {
  const folder = makeTemporaryFolder(t);
  const free: SocketAddress = { kind: 'unix', path: join(folder, 'map') };
  const { tables } = await startServer(t);
  const log = createRecordingLog();
  const wanted = { socketmap: [free], tcpTable: tables, answer: echo, idleMs: 1000, log };
  await assert.rejects(startLookupServer(wanted), { code: 'listen-failed' });
  assert.equal(lstatSync(free.path, { throwIfNoEntry: false }), undefined);
});
