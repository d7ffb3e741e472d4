import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dial } from '../../src/net/dial.ts';
import { type Listener, listen } from '../../src/net/listen.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const ignore = { onConnection: () => {} };

test('the socket has the mode and the group that were asked for, and goes when the listener does', async (t) => {
  const path = join(makeTemporaryFolder(t), 'deep', 'er', 's');
  const gid = process.getgid?.() ?? 0;
  const listener = await listen({ kind: 'unix', path }, { ...ignore, mode: 0o620, gid });
  assert.equal(lstatSync(path).mode & 0o777, 0o620);
  assert.equal(lstatSync(path).gid, gid);
  await listener.close();
  assert.equal(lstatSync(path, { throwIfNoEntry: false }), undefined);
});

test('the file of a dead socket is replaced', async (t) => {
  const path = join(makeTemporaryFolder(t), 's');
  leaveDeadSocket(path);
  const listener = await listen({ kind: 'unix', path }, ignore);
  t.after(() => listener.close());
  const connection = await dial({ kind: 'unix', path }, 5000);
  connection.destroy();
});

test('a socket that somebody answers is not taken away', async (t) => {
  const path = join(makeTemporaryFolder(t), 's');
  const first = await listen({ kind: 'unix', path }, ignore);
  t.after(() => first.close());
  await assert.rejects(listen({ kind: 'unix', path }, ignore), {
    code: 'listen-failed',
    message: `cannot listen on unix:${path}: another process is listening there`,
  });
});

test('a file that is no socket is left alone', async (t) => {
  const path = join(makeTemporaryFolder(t), 's');
  writeFileSync(path, 'precious');
  await assert.rejects(listen({ kind: 'unix', path }, ignore), {
    code: 'listen-failed',
    message: `cannot listen on unix:${path}: a file that is no socket is in the way`,
  });
});

test('TCP port 0 takes a free port and says which; a taken port is an error', async (t) => {
  const listener: Listener = await listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }, ignore);
  t.after(() => listener.close());
  assert.ok(listener.address.kind === 'tcp' && listener.address.port > 0);
  const connection = await dial(listener.address, 5000);
  connection.destroy();
  await assert.rejects(listen(listener.address, ignore), { code: 'listen-failed', message: /EADDRINUSE/ });
});

test('closing ends the connections that are left', async (t) => {
  const path = join(makeTemporaryFolder(t), 's');
  const listener = await listen({ kind: 'unix', path }, ignore);
  const connection = await dial({ kind: 'unix', path }, 5000);
  await listener.close();
  assert.equal(await connection.read(5000), null);
});

test('dialling names the address and the reason', async (t) => {
  const folder = makeTemporaryFolder(t);
  await assert.rejects(dial({ kind: 'unix', path: join(folder, 'none') }, 5000), {
    code: 'connect-failed',
    message: /^cannot connect to unix:.*ENOENT/,
  });
});

/** What a process leaves behind that was killed: a socket file without a listener. */
function leaveDeadSocket(path: string): void {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  assert.ok(lstatSync(path).isSocket());
}
