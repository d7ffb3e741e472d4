import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEndpoint } from '../../src/delivery/endpoint.ts';
import type { SessionSource } from '../../src/delivery/session.ts';
import { OnionmxError } from '../../src/errors.ts';
import type { EsmtpCapabilities } from '../../src/protocol/esmtp-capabilities.ts';
import type { ExchangerSet } from '../../src/protocol/exchanger.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { createFakeSource, FakeSession, replied } from './fake-sessions.ts';
import { createGate } from './gate.ts';
import { connectLmtp, type LmtpClient } from './lmtp-client.ts';

const exchangers: ExchangerSet = [makeExchanger(1)];
const [exchanger] = exchangers;
const onion = exchanger.onionAddress;

async function openEndpoint(
  t: TestContext,
  sessions: SessionSource,
  stillLeadsHere: (domain: string, set: ExchangerSet) => Promise<boolean> = () => Promise.resolve(true),
) {
  const log = createRecordingLog();
  const path = join(makeTemporaryFolder(t), 's');
  const address = { kind: 'unix', path } as const;
  const endpoint = await startEndpoint({ address, mode: 0o660, exchangers, sessions, stillLeadsHere, log });
  t.after(() => endpoint.close());
  const connect = (): Promise<LmtpClient> => connectLmtp(t, address);
  return { log, connect, path };
}

const message = 'MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nhello\r\n.\r\n';

test('the greeting waits for a session; 421 with the reason when there is none', async (t) => {
  const failure = new OnionmxError('onion-no-descriptor', `${onion} has no descriptor`);
  const { connect, log, path } = await openEndpoint(
    t,
    createFakeSource(() => Promise.reject(failure)),
  );
  assert.equal(statSync(path).mode & 0o777, 0o660);
  assert.deepEqual(await (await connect()).hearAll(), [`421 4.4.4 ${onion} has no descriptor`]);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['endpoint'], fields['code']]),
    [['info', onion, 'onion-no-descriptor']],
  );
});

test('the greeting holds no session', async (t) => {
  const sessions = createFakeSource(() => assert.fail('there is no message'));
  sessions.learnOffer = () => Promise.resolve(new FakeSession(exchanger).capabilities);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.hear();
  assert.match(await client.ask('LHLO x'), /PIPELINING/);
});

test('a client that leaves while its message waits for a session: the session goes back', async (t) => {
  const [asked, given] = [createGate(), createGate()];
  const session = new FakeSession(exchanger);
  const sessions = createFakeSource(async () => {
    asked.open();
    await given.opened;
    return session;
  });
  sessions.learnOffer = () => Promise.resolve(session.capabilities);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.send(`LHLO x\r\n${message}`);
  await asked.opened;
  client.connection.destroy();
  given.open();
  await sessions.firstRelease;
  assert.deepEqual(sessions.released, [session]);
});

test('the message is here before a session is taken', async (t) => {
  const session = new FakeSession(exchanger);
  let taken = 0;
  const sessions = createFakeSource(() => {
    taken++;
    return session;
  });
  sessions.learnOffer = () => Promise.resolve(session.capabilities);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.send('LHLO x\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nhello\r\n');
  await client.hearMany(5);
  assert.equal(taken, 0);
  assert.equal(await client.ask('.'), '250 2.0.0 b@b.test queued');
  assert.deepEqual([taken, sessions.released], [1, [session]]);
});

test('no session when the message is there: it waits at the MTA', async (t) => {
  const sessions = createFakeSource(() => Promise.reject(lost));
  sessions.learnOffer = () => Promise.resolve(new FakeSession(exchanger).capabilities);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.send(`LHLO x\r\n${message}QUIT\r\n`);
  assert.deepEqual((await client.hearAll()).slice(-2), [
    `451 4.4.1 ${onion} did not answer`,
    '221 2.0.0 Bye',
  ]);
});

test('a session that can less than was offered is not used for the message', async (t) => {
  const session = new FakeSession(exchanger);
  const sessions = createFakeSource(() => session);
  sessions.learnOffer = () => Promise.resolve(new FakeSession(exchanger, all).capabilities);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.send(`LHLO x\r\n${message}QUIT\r\n`);
  const less = `451 4.3.2 ${onion}:25 offers less than was offered here: connect again`;
  assert.deepEqual((await client.hearAll()).slice(-2), [less, '221 2.0.0 Bye']);
  assert.deepEqual([session.received, sessions.released], [[], [session]]);
});

for (const [capabilities, keywords] of [
  [{}, ''],
  [{ eightBitMime: true, maxMessageBytes: 0 }, ' 8BITMIME SIZE'],
  [{ smtpUtf8: true, dsn: true, maxMessageBytes: 10_240_000, chunking: true }, ' SMTPUTF8 DSN SIZE 10240000'],
  // it is offered inside of TLS alone, and looked for when a message needs it
  [{ startTls: true }, ' REQUIRETLS'],
] as const) {
  test(`offered is what the exchanger can:${keywords}`, async (t) => {
    const { connect } = await openEndpoint(
      t,
      createFakeSource(() => new FakeSession(exchanger, capabilities)),
    );
    const client = await connect();
    assert.equal(await client.hear(), `220 ${onion} LMTP onionmx`);
    const offered = (await client.ask('LHLO x')).split('\n').map((line) => line.slice(4));
    assert.equal(offered.join(' '), `${onion} PIPELINING ENHANCEDSTATUSCODES${keywords}`);
  });
}

test('a session is held for one message, and goes back after each', async (t) => {
  const session = new FakeSession(exchanger);
  const sessions = createFakeSource(() => session);
  const { connect } = await openEndpoint(t, sessions);
  const client = await connect();
  await client.send(`LHLO x\r\n${message}${message}QUIT\r\n`);
  const replies = await client.hearAll();
  assert.equal(replies.filter((reply) => reply === '250 2.0.0 b@b.test queued').length, 2);
  assert.equal(replies.at(-1), '221 2.0.0 Bye');
  client.connection.destroy();
  assert.deepEqual(
    session.received.map(({ body }) => body),
    ['hello\r\n', 'hello\r\n'],
  );
  assert.deepEqual(sessions.released, [session, session]);
});

test('the words of the exchanger and our failures come after the dot, in order', async (t) => {
  const session = new FakeSession(exchanger);
  session.outcomeFor = (_path, index) =>
    [
      replied(250, '2.0.0 Ok', '2.0.0 queued as 1'),
      replied(550, '5.1.1 <two@b.test> unknown'),
      { kind: 'failed', error: new OnionmxError('connection-lost', 'gone') } as const,
    ][index] ?? replied(400, '4.0.0 one too many');
  const { connect, log } = await openEndpoint(
    t,
    createFakeSource(() => session),
  );
  const client = await connect();
  const rcpts = ['one', 'two', 'three'].map((name) => `RCPT TO:<${name}@B.test>\r\n`).join('');
  await client.send(`LHLO x\r\nMAIL FROM:<a@a.test>\r\n${rcpts}DATA\r\nhello\r\n.\r\nQUIT\r\n`);
  assert.deepEqual((await client.hearAll()).slice(-4), [
    '250-2.0.0 Ok\n250 2.0.0 queued as 1',
    '550 5.1.1 <two@b.test> unknown',
    '451 4.4.2 gone',
    '221 2.0.0 Bye',
  ]);
  const lines = log.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields);
  assert.deepEqual(
    lines.map(({ endpoint, domain, bytes, reply, code }) => [endpoint, domain, bytes, reply, code]),
    [
      [onion, 'B.test', 7, 250, undefined],
      [onion, 'B.test', 7, 550, undefined],
      [onion, 'B.test', 7, undefined, 'connection-lost'],
    ],
  );
  assert.ok(!JSON.stringify(lines).includes('@'), 'no address of a person above debug');
});

test('a recipient whose domain leads elsewhere now has to wait; one without a domain is refused', async (t) => {
  const asked: [string, ExchangerSet][] = [];
  const { connect } = await openEndpoint(
    t,
    createFakeSource(() => new FakeSession(exchanger)),
    (domain, set) => {
      asked.push([domain, set]);
      if (domain === 'broken.test') return Promise.reject(new Error('no route today'));
      return Promise.resolve(domain === 'b.test');
    },
  );
  const client = await connect();
  await client.hear();
  await client.ask('LHLO x');
  await client.ask('MAIL FROM:<a@a.test>');
  assert.equal(await client.ask('RCPT TO:<bob@B.Test>'), '250 2.1.5 Ok');
  assert.equal(
    await client.ask('RCPT TO:<bob@c.test>'),
    '451 4.4.0 c.test does not use this exchanger any more: the MTA will ask again',
  );
  assert.equal(await client.ask('RCPT TO:<bob@broken.test>'), '451 4.3.0 unexpected failure: no route today');
  for (const path of ['postmaster', 'bob@[192.0.2.1]', '"a@b.test"']) {
    assert.match(await client.ask(`RCPT TO:<${path}>`), /^550 5\.1\.2 /);
  }
  assert.deepEqual(
    asked,
    ['b.test', 'c.test', 'broken.test'].map((domain) => [domain, exchangers]),
  );
});

interface Renewal {
  readonly before: Partial<EsmtpCapabilities>;
  readonly after: Partial<EsmtpCapabilities> | OnionmxError;
  readonly expected: string;
  readonly why: string;
}

const all = { eightBitMime: true, smtpUtf8: true, dsn: true, maxMessageBytes: 1000 };
const lost = new OnionmxError('onion-unreachable', `${onion} did not answer`);
const less = `421 4.3.2 ${onion} offers less than was offered here: connect again`;
const renewals: readonly Renewal[] = [
  { before: all, after: all, expected: '250 2.1.0 Ok', why: 'the same offer' },
  { before: {}, after: all, expected: '250 2.1.0 Ok', why: 'more than was offered' },
  { before: all, after: { ...all, maxMessageBytes: 0 }, expected: '250 2.1.0 Ok', why: 'no limit' },
  { before: all, after: lost, expected: `421 4.4.1 ${onion} did not answer`, why: 'nobody answers' },
  { before: all, after: { ...all, eightBitMime: false }, expected: less, why: 'no 8BITMIME' },
  { before: all, after: { ...all, smtpUtf8: false }, expected: less, why: 'no SMTPUTF8' },
  { before: all, after: { ...all, dsn: false }, expected: less, why: 'no DSN' },
  { before: all, after: { ...all, maxMessageBytes: 999 }, expected: less, why: 'a smaller limit' },
  { before: { ...all, maxMessageBytes: 0 }, after: all, expected: less, why: 'a limit where there was none' },
];
for (const { before, after, expected, why } of renewals) {
  test(`what is offered is looked at again at each MAIL: ${why}`, async (t) => {
    const answers = [
      () => Promise.resolve(new FakeSession(exchanger, before).capabilities),
      () =>
        after instanceof OnionmxError
          ? Promise.reject(after)
          : Promise.resolve(new FakeSession(exchanger, after).capabilities),
    ];
    const sessions = createFakeSource(() => assert.fail('there is no message'));
    sessions.learnOffer = () => answers.shift()?.() ?? assert.fail('asked too often');
    const { connect } = await openEndpoint(t, sessions);
    const client = await connect();
    await client.hear();
    await client.ask('LHLO x');
    assert.equal(await client.ask('MAIL FROM:<a@a.test>'), expected);
    await client.send('QUIT\r\n');
    assert.deepEqual(await client.hearAll(), expected.startsWith('250') ? ['221 2.0.0 Bye'] : []);
    client.connection.destroy();
  });
}

for (const [size, received] of [
  [3, []],
  [100_000, [undefined]],
] as const) {
  test(`a client that is lost after ${size} bytes leaves no whole message behind`, async (t) => {
    const session = new FakeSession(exchanger);
    const sessions = createFakeSource(() => session);
    const { connect } = await openEndpoint(t, sessions);
    const client = await connect();
    const part = 'x'.repeat(size);
    await client.send(`LHLO x\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n${part}`);
    await client.hearMany(5);
    client.connection.end();
    assert.deepEqual(await client.hearAll(), []);
    assert.deepEqual(
      session.received.map(({ body }) => body),
      received,
    );
  });
}
