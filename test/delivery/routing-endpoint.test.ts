import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startRoutingEndpoint } from '../../src/delivery/routing-endpoint.ts';
import type { SessionSource } from '../../src/delivery/session.ts';
import { OnionmxError } from '../../src/errors.ts';
import type { ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { Route } from '../../src/routing/route.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { createFakeSource, FakeSession, replied } from './fake-sessions.ts';
import { connectLmtp } from './lmtp-client.ts';

const one = makeExchanger(1);
const two = makeExchanger(2);
const onion = (...exchangers: ExchangerSet): Route => ({ kind: 'onion', exchangers, evidence: 'dns' });

const routes: Readonly<Record<string, Route>> = {
  'one.test': onion(one),
  'also-one.test': onion(one),
  'two.test': onion(two),
  'clear.test': { kind: 'clearnet', reason: 'DNS names no onion mail exchanger' },
  'later.test': { kind: 'defer', status: '4.4.3', reason: 'DNS fails' },
  'never.test': { kind: 'reject', status: '5.1.2', reason: 'no such address' },
};

async function openEndpoint(t: TestContext, sessions: SessionSource) {
  const log = createRecordingLog();
  const endpoint = await startRoutingEndpoint({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    route: (domain) => {
      const route = routes[domain];
      return route === undefined
        ? Promise.reject(new Error('no idea'))
        : Promise.resolve({ route, steps: [] });
    },
    sessions,
    log,
  });
  t.after(() => endpoint.close());
  const client = await connectLmtp(t, endpoint.address);
  return { client, log };
}

/** A session to each of the two exchangers. */
function createPair() {
  const sessions = { one: new FakeSession(one), two: new FakeSession(two) };
  const source = createFakeSource(([first]) =>
    first.onionAddress === one.onionAddress ? sessions.one : sessions.two,
  );
  return { ...sessions, source };
}

const transaction = (path: string) => `MAIL FROM:<>\r\n${rcpt(path)}DATA\r\nhello\r\n.\r\n`;
const recipients = (...list: string[]) => list.map((path) => ({ path, parameters: [] }));
const rcpt = (...paths: string[]) => paths.map((path) => `RCPT TO:<${path}>\r\n`).join('');

test('it greets at once, offers everything, and answers each recipient by its route', async (t) => {
  const { client } = await openEndpoint(
    t,
    createFakeSource(() => Promise.reject(new Error('not asked'))),
  );
  assert.equal(await client.hear(), '220 onionmx LMTP onionmx');
  assert.equal(
    await client.ask('LHLO x'),
    '250-onionmx\n250-PIPELINING\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250-SMTPUTF8\n250-DSN\n250-REQUIRETLS\n250 SIZE',
  );
  await client.ask('MAIL FROM:<a@a.test>');
  for (const [path, reply] of [
    ['bob@ONE.test', '250 2.1.5 Ok'],
    ['bob@clear.test', '450 4.4.4 clear.test has no onion mail exchanger: DNS names no onion mail exchanger'],
    ['bob@later.test', '451 4.4.3 DNS fails'],
    ['bob@never.test', '550 5.1.2 no such address'],
    ['bob@unheard.test', '451 4.3.0 unexpected failure: no idea'],
    ['bob', '550 5.1.2 "" is no domain name: it is empty or cannot be written in A-labels'],
  ] as const) {
    assert.equal(await client.ask(`RCPT TO:<${path}>`), reply);
  }
});

test('each exchanger gets its own recipients once, and the replies are in the order of the recipients', async (t) => {
  const { one: toOne, two: toTwo, source } = createPair();
  toTwo.outcomeFor = (path) => replied(550, `5.1.1 ${path} unknown`);
  const { client, log } = await openEndpoint(t, source);
  const paths = ['x@two.test', 'a@one.test', 'b@also-one.test', 'y@two.test', 'a@one.test'];
  await client.send(
    `LHLO x\r\nMAIL FROM:<a@a.test> RET=FULL\r\n${rcpt(...paths)}DATA\r\nhello\r\n.\r\nQUIT\r\n`,
  );
  assert.deepEqual((await client.hearAll()).slice(-6), [
    '550 5.1.1 x@two.test unknown',
    '250 2.0.0 a@one.test queued',
    '250 2.0.0 b@also-one.test queued',
    '550 5.1.1 y@two.test unknown',
    '250 2.0.0 a@one.test queued',
    '221 2.0.0 Bye',
  ]);
  const sender = { path: 'a@a.test', parameters: ['RET=FULL'] };
  assert.deepEqual(toOne.received, [
    {
      envelope: { sender, recipients: recipients('a@one.test', 'b@also-one.test', 'a@one.test') },
      body: 'hello\r\n',
    },
  ]);
  assert.deepEqual(toTwo.received, [
    { envelope: { sender, recipients: recipients('x@two.test', 'y@two.test') }, body: 'hello\r\n' },
  ]);
  assert.deepEqual(new Set(source.released), new Set([toOne, toTwo]));
  const lines = log.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields);
  assert.equal(lines.length, 5);
  assert.ok(!JSON.stringify(lines).includes('@'));
});

test('one exchanger that cannot be reached is the failure of its recipients only', async (t) => {
  const session = new FakeSession(one);
  const source = createFakeSource(([first]) => {
    if (first.onionAddress === one.onionAddress) return session;
    throw new OnionmxError('onion-no-descriptor', `${first.onionAddress} has no descriptor`);
  });
  const { client, log } = await openEndpoint(t, source);
  await client.send(
    `LHLO x\r\nMAIL FROM:<>\r\n${rcpt('x@two.test', 'a@one.test')}DATA\r\nhello\r\n.\r\nQUIT\r\n`,
  );
  assert.deepEqual((await client.hearAll()).slice(-3), [
    `451 4.4.4 ${two.onionAddress} has no descriptor`,
    '250 2.0.0 a@one.test queued',
    '221 2.0.0 Bye',
  ]);
  assert.deepEqual(
    session.received.map(({ body }) => body),
    ['hello\r\n'],
  );
  const failed = log.lines.find(({ fields }) => fields['code'] === 'onion-no-descriptor');
  assert.equal(failed?.fields['exchanger'], `${two.onionAddress}:25`);
});

test('when nobody can be reached, the message is read to its end and everyone gets the reason', async (t) => {
  const source = createFakeSource(() => Promise.reject(new OnionmxError('tor-unreachable', 'no Tor')));
  const { client } = await openEndpoint(t, source);
  await client.send(
    `LHLO x\r\nMAIL FROM:<>\r\n${rcpt('x@two.test', 'a@one.test')}DATA\r\n${'x\r\n'.repeat(90_000)}.\r\nNOOP\r\n`,
  );
  assert.deepEqual((await client.hearMany(9)).slice(-3), [
    '451 4.4.1 no Tor',
    '451 4.4.1 no Tor',
    '250 2.0.0 Ok',
  ]);
});

test('a client that is lost in mid-message leaves no whole message anywhere', async (t) => {
  const { one: toOne, two: toTwo, source } = createPair();
  const { client } = await openEndpoint(t, source);
  await client.send(`LHLO x\r\nMAIL FROM:<>\r\n${rcpt('x@two.test', 'a@one.test')}DATA\r\nhel`);
  await client.hearMany(6);
  client.connection.end();
  assert.deepEqual(await client.hearAll(), []);
  const bodies = [toOne, toTwo].flatMap(({ received }) => received.map(({ body }) => body));
  assert.deepEqual(bodies, [undefined, undefined]);
});

test('the next transaction on a connection starts anew', async (t) => {
  const { one: toOne, two: toTwo, source } = createPair();
  const { client } = await openEndpoint(t, source);
  await client.send(`LHLO x\r\n${transaction('x@two.test')}${transaction('a@one.test')}QUIT\r\n`);
  assert.equal((await client.hearAll()).at(-1), '221 2.0.0 Bye');
  assert.deepEqual([toOne.received.length, toTwo.received.length], [1, 1]);
});
