import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerKey } from '../../src/lookup/answer-key.ts';
import { serveClient } from '../../src/lookup/serve-client.ts';
import { socketmapProtocol, type TableProtocol, tcpTableProtocol } from '../../src/lookup/table-protocol.ts';
import { encodeNetstring } from '../../src/protocol/netstring.ts';
import { createRecordingLog } from '../recording-log.ts';
import { createFakeConnection, type FakeConnection } from './fake-connection.ts';

const echo: AnswerKey = (key) => Promise.resolve({ kind: 'found', value: key });
const never: AnswerKey = () => new Promise(() => {});
const fail: AnswerKey = () => Promise.reject(new Error('not foreseen'));
const ask = (key: string) => `get ${key}\n`;
/** As those that were given a moment ago. */
const echoAtOnce: AnswerKey = (key) => ({ kind: 'found', value: key });
const mixed: AnswerKey = (key) => (key.startsWith('slow') ? echo(key) : echoAtOnce(key));

async function serve(
  connection: FakeConnection,
  protocol: TableProtocol = tcpTableProtocol,
  answer: AnswerKey = echo,
) {
  const log = createRecordingLog();
  await serveClient(connection, { protocol, answer, idleMs: 5000, log });
  assert.ok(connection.isDestroyed);
  return log.lines.map(({ level, event, fields }) => ({ level, event, reason: fields['reason'] }));
}

test('requests that came together are answered in one write', async () => {
  const connection = createFakeConnection({ sends: [ask('a') + ask('b') + ask('c')], ending: 'ends' });
  assert.deepEqual(await serve(connection), []);
  assert.deepEqual(connection.writes, ['200 a\n200 b\n200 c\n']);
});

test('answers that are there at once leave in one write, and in order with those that are not', async () => {
  const keys = ['a', 'b', 'slow1', 'c', 'slow2', 'slow3', 'd'];
  const sends = [keys.map(ask).join(''), ask('e')];
  const connection = createFakeConnection({ sends, ending: 'ends' });
  assert.deepEqual(await serve(connection, tcpTableProtocol, mixed), []);
  assert.equal(connection.writes[0], '200 a\n200 b\n');
  assert.equal(connection.writes.join(''), [...keys, 'e'].map((key) => `200 ${key}\n`).join(''));
});

test('a client that stays silent is closed without a word', async () => {
  const connection = createFakeConnection({ sends: [ask('a')], ending: 'is silent' });
  assert.deepEqual(await serve(connection), []);
  assert.deepEqual(connection.writes, ['200 a\n']);
});

test('no more than 100 requests are under way at a time', async () => {
  let underWay = 0;
  let most = 0;
  const answer: AnswerKey = async (key) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    underWay -= 1;
    return echo(key);
  };
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
  const connection = createFakeConnection({ sends: [keys.map(ask).join('')], ending: 'ends' });
  await serve(connection, tcpTableProtocol, answer);
  assert.equal(connection.writes.join(''), keys.map((key) => `200 ${key}\n`).join(''));
  assert.equal(most, 100);
});

const refusals = [
  {
    protocol: tcpTableProtocol,
    sends: `${ask('a')}get b%\n${ask('c')}`,
    replies:
      '200 a\n400 malformed%20request:%20"get%20b%25"%20holds%20a%20"%25"%20without%20two%20hexadecimal%20digits\n',
    reason: 'malformed request: "get b%" holds a "%" without two hexadecimal digits',
  },
  {
    protocol: tcpTableProtocol,
    sends: `POST / HTTP/1.1\n${ask('c')}`,
    replies: '500 the%20only%20request%20is%20"get%20<key>",%20this%20is%20"POST%20/%20HTTP/1.1"\n',
    reason: 'the only request is "get <key>", this is "POST / HTTP/1.1"',
  },
  {
    protocol: socketmapProtocol,
    sends: '3:m a,3:m b;3:m c,',
    replies: '4:OK a,59:PERM malformed netstring: 0x3b where the closing "," is due,',
    reason: 'malformed netstring: 0x3b where the closing "," is due',
  },
  {
    protocol: socketmapProtocol,
    sends: '1:m,3:m c,',
    replies: '59:PERM a socketmap request is "<map name> <key>", this is "m",',
    reason: 'a socketmap request is "<map name> <key>", this is "m"',
  },
];

test('who breaks the protocol gets what is due, then its error, and is let go', async () => {
  for (const { protocol, sends, replies, reason } of refusals)
    for (const answer of [echo, echoAtOnce]) {
      const connection = createFakeConnection({ sends: [sends], ending: 'is silent' });
      const lines = await serve(connection, protocol, answer);
      assert.equal(connection.writes.join(''), replies);
      assert.deepEqual(lines, [{ level: 'info', event: 'a lookup client is let go', reason }]);
    }
});

test('who takes no answers is let go', async () => {
  const connection = createFakeConnection({ sends: [ask('a')], ending: 'is silent', isDeaf: true });
  const reason = 'the fake client took no data for 5000 ms';
  assert.deepEqual(await serve(connection), [{ level: 'info', event: 'a lookup client is let go', reason }]);
});

test('a client that is gone is worth a line at debug, and its answers are dropped', async () => {
  const connection = createFakeConnection({ sends: [ask('a')], ending: 'breaks off' });
  const reason = 'the fake client is gone';
  assert.deepEqual(await serve(connection, tcpTableProtocol, never), [
    { level: 'debug', event: 'a lookup client is gone', reason },
  ]);
  assert.deepEqual(connection.writes, []);
});

test('an answer that fails against its promise ends the connection: the client asks again', async () => {
  const connection = createFakeConnection({ sends: [ask('a')], ending: 'ends' });
  const reason = 'unexpected failure: not foreseen';
  assert.deepEqual(await serve(connection, tcpTableProtocol, fail), [
    { level: 'error', event: 'serving a lookup client failed', reason },
  ]);
  assert.deepEqual(connection.writes, []);
});

test('each kind of answer has its word in both protocols', async () => {
  const answers: Record<string, Awaited<ReturnType<AnswerKey>>> = {
    f: { kind: 'found', value: 'error:5.1.2 no' },
    n: { kind: 'not-found', reason: 'own domain' },
    t: { kind: 'try-again', reason: 'no disk' },
  };
  const answer: AnswerKey = (key) => Promise.resolve(answers[key] ?? assert.fail(key));
  const table = createFakeConnection({ sends: ['f', 'n', 't'].map(ask), ending: 'ends' });
  await serve(table, tcpTableProtocol, answer);
  assert.equal(table.writes.join(''), '200 error:5.1.2%20no\n500 own%20domain\n400 no%20disk\n');
  const requests = ['f', 'n', 't'].map((key) => encodeNetstring(`any ${key}`).toString());
  const socketmap = createFakeConnection({ sends: requests, ending: 'ends' });
  await serve(socketmap, socketmapProtocol, answer);
  assert.equal(socketmap.writes.join(''), '17:OK error:5.1.2 no,9:NOTFOUND ,12:TEMP no disk,');
});
