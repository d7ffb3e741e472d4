import assert from 'node:assert/strict';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { request as requestByHttp } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { findOverTor, getOverTor, type HttpRequest } from '../../src/net/http-get.ts';
import { type FakeAnswer, startFakeWeb } from '../commands/fake-web.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const isolation = { user: 'onionmx', password: 'test' };
const usual: HttpRequest = {
  host: 'example.org',
  port: 80,
  isSecure: false,
  hostHeader: 'example.org',
  path: '/f',
  maxBytes: 1000,
  timeoutMs: 60_000,
};
const secure = { port: 443, isSecure: true, ca: authority };
const ways: readonly [string, Partial<HttpRequest>][] = [
  ['in the clear', {}],
  ['with TLS', secure],
];
const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** A SocksPort, and behind it `answer` at http://example.org/f and https://example.org/f. */
async function prepare(t: TestContext, answer: FakeAnswer) {
  const path = join(makeTemporaryFolder(t), 'socks');
  const answers = new Map([80, 443].map((port) => [`example.org:${port}/f`, answer] as const));
  const web = await startFakeWeb(t, path, answers, { key: serverKey, cert: serverCertificate });
  const proxy = { kind: 'unix', path } as const;
  return {
    web,
    get: (how: Partial<HttpRequest> = {}) => getOverTor(proxy, isolation, { ...usual, ...how }),
    find: (how: Partial<HttpRequest> = {}) => findOverTor(proxy, isolation, { ...usual, ...how }),
  };
}

function say(text: string): FakeAnswer {
  return (stream) => stream.end(text);
}

/** `first`, and then `again` as often and as fast as the other side takes it. */
function sayForEver(first: string, again: string): FakeAnswer {
  const block = Buffer.from(again.repeat(Math.ceil(4096 / again.length)));
  return (stream) => {
    const more = () => {
      while (stream.writable && stream.write(block));
    };
    stream.write(first);
    stream.on('drain', more);
    more();
  };
}

const failsWith = (message: RegExp | string) => ({
  code: 'download-failed',
  message:
    typeof message === 'string'
      ? `cannot get /f from example.org: ${message}`
      : new RegExp(`^cannot get /f from example\\.org: ${message.source}`),
});

for (const [why, how] of ways) {
  test(`the request says nothing of us: ${why}`, async (t) => {
    const { web, get } = await prepare(t, 'hello');
    assert.equal((await get({ ...how, hostHeader: 'example.org:81' })).toString(), 'hello');
    assert.deepEqual(web.asked, [`example.org:${how.port ?? 80}`]);
    assert.deepEqual(web.requests, [
      'GET /f HTTP/1.1\r\nHost: example.org:81\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n' +
        'Accept-Encoding: identity\r\nConnection: close\r\n\r\n',
    ]);
  });

  test(`what is whole is taken, though the connection stays open: ${why}`, async (t) => {
    const closed: Promise<void>[] = [];
    const { get } = await prepare(t, (stream) => {
      closed.push(new Promise((resolve) => stream.once('close', () => resolve())));
      stream.write(`${chunked}5\r\nhello\r\n0\r\n\r\n`);
    });
    assert.equal((await get(how)).toString(), 'hello');
    await Promise.all(closed);
  });
}

const dials = new Set([
  'GETADDRINFOREQWRAP',
  'QUERYWRAP',
  'TCPCONNECTWRAP',
  'PIPECONNECTWRAP',
  'UDPSENDWRAP',
]);

/** What this process resolves and dials on behalf of `work`. */
async function watchDials(work: () => Promise<unknown>): Promise<string[]> {
  const found: string[] = [];
  const scope = new AsyncLocalStorage<string[]>();
  const hook = createHook({
    init: (_id, type) => {
      if (scope.getStore() === found && dials.has(type)) found.push(type);
    },
  }).enable();
  try {
    await scope.run(found, work);
  } finally {
    hook.disable();
  }
  return found;
}

for (const [why, how, answer] of [
  ['in the clear', {}, 'hello'],
  ['with TLS', secure, 'hello'],
  ['a redirect', {}, say('HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\n\r\n')],
  ['a failure', {}, say('')],
] as const) {
  test(`nothing is resolved or dialled but the SocksPort: ${why}`, async (t) => {
    const { get } = await prepare(t, answer);
    assert.deepEqual(await watchDials(() => get(how).catch(() => undefined)), ['PIPECONNECTWRAP']);
  });
}

const openNothing = () => new PassThrough();

test('what watches for that sees a name that node:http resolves and dials by itself', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const leak = () =>
    new Promise<void>((resolve) => {
      requestByHttp({ host: 'localhost', port: address.port, agent: false, createConnection: openNothing })
        .on('error', () => resolve())
        .end();
    });
  const found = await watchDials(leak);
  assert.deepEqual([found[0], found.includes('TCPCONNECTWRAP')], ['GETADDRINFOREQWRAP', true]);
});

const tooBig = /it sends more than 1000 bytes$/;
const floods: readonly [why: string, answer: FakeAnswer, message: RegExp][] = [
  ['a body', sayForEver(`${ok}\r\n`, 'x'), tooBig],
  ['chunks', sayForEver(chunked, '1\r\nx\r\n'), tooBig],
  ['one field of the head', sayForEver(`${ok}x: `, 'x'), /its head is longer than 16384 bytes$/],
  ['fields of the head', sayForEver(ok, 'x: y\r\n'), /its head is longer than 16384 bytes$/],
  [
    'fields behind the body',
    sayForEver(`${chunked}0\r\n`, 'x: y\r\n'),
    /its head is longer than 16384 bytes$/,
  ],
  ['what belongs to a chunk', sayForEver(`${chunked}1;x=`, 'x'), /it does not speak HTTP: /],
  ['a first line', sayForEver('HTTP/1.1 200 ', 'x'), /its head is longer than 16384 bytes$/],
];
for (const [why, answer, message] of floods) {
  for (const [way, how] of ways) {
    test(`without end, and the connection is closed, ${way}: ${why}`, async (t) => {
      let closed: Promise<void> | undefined;
      const { get } = await prepare(t, (stream: Socket) => {
        closed = new Promise((resolve) => stream.once('close', () => resolve()));
        if (typeof answer === 'function') answer(stream);
      });
      await assert.rejects(get(how), failsWith(message));
      await closed;
    });
  }
}

function drip(text: string, again: string): FakeAnswer {
  return (stream) => {
    stream.write(text);
    const timer = setInterval(() => stream.write(again), 5);
    stream.once('close', () => clearInterval(timer));
  };
}

const slow: readonly [why: string, answer: FakeAnswer][] = [
  ['no answer', () => undefined],
  ['no body', (stream) => stream.write(`${ok}Content-Length: 5\r\n\r\n`)],
  ['a byte now and then', drip(`${ok}Content-Length: 1000\r\n\r\n`, 'x')],
  ['a chunk now and then', drip(chunked, '1\r\nx\r\n')],
  ['a hint now and then', drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
];
for (const [way, how] of ways) {
  test(`one deadline over everything, ${way}`, async (t) => {
    // all at a time: each of them waits for the deadline
    const tried = slow.map(async ([why, answer]) => {
      const { get } = await prepare(t, answer);
      const expected = failsWith('the answer was not whole within 1 s');
      await assert.rejects(get({ ...how, timeoutMs: 1000 }), expected, why);
    });
    await Promise.all(tried);
  });
}

test('a body that comes slowly, within the deadline', async (t) => {
  const { get } = await prepare(t, (stream) => {
    const pieces = `${chunked}5\r\nhello\r\n0\r\n\r\n`.split('');
    const timer = setInterval(() => {
      const piece = pieces.shift();
      if (piece !== undefined) stream.write(piece);
      else clearInterval(timer);
    }, 1);
    stream.once('close', () => clearInterval(timer));
  });
  assert.equal((await get()).toString(), 'hello');
});

for (const [way, how] of ways) {
  test(`a connection that breaks off, ${way}`, async (t) => {
    const { get } = await prepare(t, (stream) => {
      stream.write(`${ok}Content-Length: 5\r\n\r\nhel`, () => stream.destroy());
    });
    await assert.rejects(get(how), failsWith('the connection ended before the answer was whole'));
  });
}

test('what Tor and TLS say is told', async (t) => {
  const { get } = await prepare(t, 'hello');
  await assert.rejects(get({ ...secure, ca: undefined }), failsWith(/no TLS with example\.org: unable to/));
  const proxy = { kind: 'unix', path: join(makeTemporaryFolder(t), 'none') } as const;
  await assert.rejects(getOverTor(proxy, isolation, usual), { code: 'tor-unreachable' });
});

test('a file is found, or is not there', async (t) => {
  const { find } = await prepare(t, say(`${ok}Content-Length: 0\r\n\r\n`));
  assert.deepEqual(await find(), Buffer.alloc(0));
  assert.equal(await find({ path: '/g' }), undefined);
});

test('a file that is not there, with a page without end', async (t) => {
  const { find, get } = await prepare(t, sayForEver('HTTP/1.1 404 Not Found\r\n\r\n', 'x'));
  assert.equal(await find(), undefined);
  await assert.rejects(get(), failsWith('it answers 404 Not Found'));
});
