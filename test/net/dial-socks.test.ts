import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dialThroughSocks } from '../../src/net/dial-socks.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { startFakeSocks } from './fake-socks.ts';

const onion = makeOnionAddress(1);
const target = { host: onion, port: 25 };
const key = { user: 'onionmx', password: `${onion}:25#0` };
const plenty = 10_000;
const granted = Buffer.concat([Buffer.of(1, 0), Buffer.of(5, 0, 0, 4), Buffer.alloc(18)]);

function dialTarget(proxy: SocketAddress, timeoutMs = plenty) {
  return dialThroughSocks(proxy, target, key, timeoutMs);
}

test('a connection to the onion service, named after it; the banner in the same segment is not lost', async (t) => {
  const afterRequest = Buffer.concat([granted, Buffer.from('220 mx.example.test\r\n')]);
  const socks = await startFakeSocks(t, { afterRequest });
  const connection = await dialTarget(socks.address);
  t.after(() => connection.destroy());
  assert.equal(connection.peer, `${onion}:25`);
  assert.equal((await connection.read(plenty))?.toString(), '220 mx.example.test\r\n');
  const [request] = socks.requests;
  assert.ok(request?.includes(key.password), 'the isolation key goes to Tor');
  assert.ok(request?.includes(onion), 'the name goes to Tor as it is');
});

test('a connection whose server is silent as yet', async (t) => {
  const socks = await startFakeSocks(t, { afterRequest: granted });
  const connection = await dialTarget(socks.address);
  await assert.rejects(connection.read(1), {
    code: 'connection-timeout',
    message: `${onion}:25 sent nothing for 1 ms`,
  });
  connection.destroy();
});

test('a refusal is told with the onion address, and the connection is closed', async (t) => {
  const socks = await startFakeSocks(t, { afterRequest: Buffer.of(1, 0, 5, 0xf0, 0, 1, 0, 0, 0, 0, 0, 0) });
  await assert.rejects(dialTarget(socks.address), {
    code: 'onion-no-descriptor',
    message: `${onion} has no descriptor: the onion service is off or unknown (SOCKS reply 0xF0)`,
  });
  await socks.ended[0];
});

test('nobody at the address of the proxy', async (t) => {
  const path = join(makeTemporaryFolder(t), 'socks');
  await assert.rejects(dialTarget({ kind: 'unix', path }), {
    code: 'tor-unreachable',
    status: '4.4.1',
    message: `cannot reach Tor at unix:${path}: connect ENOENT ${path}`,
    hint: /pgrep/,
  });
});

test('a Tor that takes the connection and says nothing is at fault itself', async (t) => {
  const socks = await startFakeSocks(t, { method: 'silence' });
  await assert.rejects(dialTarget(socks.address, 100), {
    code: 'tor-unreachable',
    message: /^cannot reach Tor at unix:.*: it accepts, but does not answer within 0.1 s$/,
  });
  await socks.ended[0];
});

test('after the method is agreed, a deadline that passes may be due to either side', async (t) => {
  const socks = await startFakeSocks(t, { afterRequest: 'silence' });
  await assert.rejects(dialTarget(socks.address, 1000), {
    code: 'onion-timeout',
    message: `${onion}:25 did not answer within 1 s (our Tor or their host)`,
  });
  await socks.ended[0];
});

for (const [answers, why] of [
  [{ method: 'close' }, 'before the method'],
  [{ afterRequest: 'close' }, 'after the request'],
] as const) {
  test(`a Tor that closes ${why} is not reachable`, async (t) => {
    const socks = await startFakeSocks(t, answers);
    await assert.rejects(dialTarget(socks.address), {
      code: 'tor-unreachable',
      message: /: it closed the connection before it answered$/,
    });
  });
}

test('something that is no SOCKS proxy', async (t) => {
  const socks = await startFakeSocks(t, { method: Buffer.from('HTTP/1.0 400 Bad Request\r\n') });
  await assert.rejects(dialTarget(socks.address), {
    code: 'socks-protocol',
    message: /^unix:.*: unexpected SOCKS5 version 0x48$/,
    hint: /onionmx config/,
  });
  await socks.ended[0];
});

test('a target that cannot be written is never dialled', async () => {
  const nowhere: SocketAddress = { kind: 'unix', path: '/nonexistent/socks' };
  await assert.rejects(dialThroughSocks(nowhere, { host: '', port: 25 }, key, plenty), { code: 'bug' });
});
