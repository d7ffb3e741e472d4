import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession } from '../../src/delivery/open-session.ts';
import { defaultTimeoutsMs, type SmtpTimeoutsMs } from '../../src/net/smtp-timeouts.ts';
import { noCapabilities } from '../../src/protocol/esmtp-capabilities.ts';
import { name, exchanger, startSession } from './exchanger-session.ts';
import { answerWith, connectToExchanger, hangUp, silence, waitUntil } from './exchanger-server.ts';

const options = { heloName: '[127.0.0.1]', timeoutsMs: defaultTimeoutsMs };

test('banner, EHLO, and what is offered', async (t) => {
  const offers = ['PIPELINING', 'SIZE 1000', '8BITMIME'];
  const { session, server } = await startSession(t, { banner: '220-mx\r\n220 welcome', offers });
  assert.deepEqual(session.exchanger, exchanger);
  assert.deepEqual(session.capabilities, {
    ...noCapabilities,
    pipelining: true,
    eightBitMime: true,
    maxMessageBytes: 1000,
  });
  assert.deepEqual([server.commands, server.violations], [['EHLO [127.0.0.1]'], []]);
  assert.equal(session.isUsable, true);
});

for (const refusal of ['500 what?', '502 5.5.1 no', '504 no', '550 5.7.1 not you']) {
  test(`HELO after ${refusal} to EHLO`, async (t) => {
    const answer = answerWith({ EHLO: refusal });
    const { session, server } = await startSession(t, { answer });
    assert.deepEqual(session.capabilities, noCapabilities);
    assert.deepEqual(server.commands, ['EHLO [127.0.0.1]', 'HELO [127.0.0.1]']);
  });
}

const refusals: readonly [why: string, rules: Parameters<typeof connectToExchanger>[1], text: string][] = [
  ['a 554 banner', { banner: '554 5.7.1 no\tmail Größe' }, '554 5.7.1 no\tmail Größe'],
  ['a 421 banner of two lines', { banner: '421-4.3.2 busy\r\n421 come again' }, '421 4.3.2 busy come again'],
  ['421 to EHLO', { answer: () => '421 4.7.0 too many' }, '421 4.7.0 too many'],
  ['4xx to EHLO: no HELO then', { answer: answerWith({ EHLO: '450 4.7.1 later' }) }, '450 4.7.1 later'],
  ['5xx to EHLO and HELO', { answer: (line) => `550 no ${line}` }, '550 no HELO [127.0.0.1]'],
];
for (const [why, rules, text] of refusals) {
  test(`refused, word for word: ${why}`, async (t) => {
    const { connection, server } = await connectToExchanger(t, rules);
    await assert.rejects(openSession(connection, exchanger, options), {
      code: 'exchanger-refused',
      place: 'remote',
      permanent: false,
      message: `${name} refuses the session: ${text}`,
    });
    await connection.closed;
    assert.equal(server.commands.includes('QUIT'), !text.startsWith('421'), 'QUIT, but not to who leaves');
  });
}

const lost = `the connection to ${name} was lost before its answer to`;
const failures: readonly [
  why: string,
  rules: Parameters<typeof connectToExchanger>[1],
  message: string,
  timeoutsMs?: Partial<SmtpTimeoutsMs>,
][] = [
  ['it hangs up at once', { banner: hangUp }, `${lost} our connection: the exchanger closed it`],
  [
    'it says nothing',
    { banner: silence },
    `${name} gave no answer to our connection within 0.03 s`,
    { greeting: 30 },
  ],
  [
    'silence after EHLO',
    { answer: () => silence },
    `${name} gave no answer to EHLO within 0.03 s`,
    { hello: 30 },
  ],
  ['it hangs up after EHLO', { answer: () => hangUp }, `${lost} EHLO: the exchanger closed it`],
  [
    'it is no SMTP server',
    { banner: 'SSH-2.0-OpenSSH_9.2' },
    `${name} does not keep to SMTP in its answer to our connection: a line that is no reply: "SSH-2.0-OpenSSH_9.2"`,
  ],
  [
    'a goodbye for a banner',
    { banner: '221 bye' },
    `${name} does not keep to SMTP in its answer to our connection: it says "221 bye"`,
  ],
];
for (const [why, rules, message, shortMs] of failures) {
  test(`no session: ${why}`, async (t) => {
    const { connection } = await connectToExchanger(t, rules);
    const timeoutsMs = { ...defaultTimeoutsMs, ...shortMs };
    await assert.rejects(openSession(connection, exchanger, { ...options, timeoutsMs }), {
      message,
      place: 'remote',
    });
    await connection.closed;
  });
}

test('a banner that comes with more is out of step', async (t) => {
  const { session } = await startSession(t, { answer: () => '250 mx\r\n250 more' });
  await waitUntil(() => !session.isUsable);
});

test('close says QUIT and waits for the answer', async (t) => {
  const { session, server, connection } = await startSession(t, {});
  await session.close();
  await connection.closed;
  assert.deepEqual([server.commands.at(-1), session.isUsable], ['QUIT', false]);
});

test('close does not wait for ever, and may be called again', async (t) => {
  const answer = answerWith({ QUIT: silence });
  const { session, connection, writes } = await startSession(t, { answer }, { quit: 20 });
  await session.close();
  await session.close();
  await connection.closed;
  assert.deepEqual(writes, ['QUIT\r\n']);
});

test('an idle exchanger that says 421, says anything, or hangs up ends the session', async (t) => {
  for (const text of ['421 4.4.2 idle too long', '250 2.0.0 Ok', undefined]) {
    const { session, server } = await startSession(t, {});
    if (text === undefined) server.hangUp();
    else await server.say(text);
    await waitUntil(() => !session.isUsable);
  }
});
