import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { dial } from '../../src/net/dial.ts';
import { secureConnection } from '../../src/net/secure-connection.ts';
import { testCertificate, testKey } from '../commands/made-up-certificate.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const good = { key: serverKey, cert: serverCertificate };
const [host, timeoutMs] = ['example.org', 20_000];

async function connectTo(t: TestContext, serve: (socket: Socket) => void) {
  const path = join(makeTemporaryFolder(t), 's');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const connection = await dial({ kind: 'unix', path }, timeoutMs, 'the server');
  t.after(() => {
    connection.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return connection;
}

/** Sends back what it is sent. */
function echo(options: TLSSocketOptions): (socket: Socket) => void {
  return (socket) => {
    const secured = new TLSSocket(socket, { isServer: true, ...options });
    secured.on('error', () => socket.destroy());
    secured.pipe(secured);
  };
}

test('bytes go and come inside TLS, and both ends see the end', async (t) => {
  const plain = await connectTo(t, echo(good));
  const secured = await secureConnection(plain, { host, timeoutMs, ca: authority });
  assert.equal(secured.peer, 'the server');
  const message = Buffer.alloc(300_000, 'x');
  const written = secured.write(message, timeoutMs);
  let received = 0;
  while (received < message.length) received += (await secured.read(timeoutMs))?.length ?? 0;
  await written;
  secured.end();
  assert.equal(await secured.read(timeoutMs), null);
  await plain.closed;
});

test('what is spoken inside is agreed upon', async (t) => {
  let agreed: string | false | null = null;
  const plain = await connectTo(t, (socket) => {
    const secured = new TLSSocket(socket, { isServer: true, ...good, ALPNProtocols: ['dot'] });
    secured.once('secure', () => {
      agreed = secured.alpnProtocol;
      secured.end('x');
    });
  });
  const secured = await secureConnection(plain, { host, timeoutMs, ca: authority, alpnProtocols: ['dot'] });
  await secured.read(timeoutMs);
  assert.equal(agreed, 'dot');
});

test('a server that falls silent after the handshake meets the deadline of the read', async (t) => {
  const plain = await connectTo(t, echo(good));
  const secured = await secureConnection(plain, { host, timeoutMs, ca: authority });
  await assert.rejects(secured.read(1), { code: 'connection-timeout' });
});

const refusals: readonly [
  why: string,
  serve: (socket: Socket) => void,
  message: RegExp,
  options?: { readonly host?: string; readonly timeoutMs?: number; readonly ca?: string },
][] = [
  ['another name', echo(good), /no TLS with other\.test: .*altnames/, { host: 'other.test' }],
  ['nobody signed it', echo({ key: testKey, cert: testCertificate }), /self-signed/, { host: 'maps.test' }],
  [
    'signed by an authority that we do not know',
    echo(good),
    /no TLS with example\.org: unable to/,
    { ca: testCertificate },
  ],
  [
    'a version that is too old',
    echo({ ...good, maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    /no TLS with example\.org/,
  ],
  ['it speaks something else', (socket) => socket.write('220 mx.test ESMTP\r\n'), /no TLS with example\.org/],
  ['it hangs up', (socket) => socket.once('data', () => socket.end()), /no TLS with example\.org/],
  ['it breaks off', (socket) => socket.once('data', () => socket.destroy()), /no TLS with example\.org/],
  ['it says nothing', () => undefined, /no answer within 0\.01 s/, { timeoutMs: 10 }],
];

for (const [why, serve, message, options] of refusals) {
  test(`no TLS, and the connection is closed: ${why}`, async (t) => {
    const plain = await connectTo(t, serve);
    const secured = secureConnection(plain, { host, timeoutMs, ca: authority, ...options });
    await assert.rejects(secured, { code: 'tls-failed', message });
    await plain.closed;
  });
}
