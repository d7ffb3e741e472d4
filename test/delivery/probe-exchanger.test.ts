import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ProbeStep, probeExchanger } from '../../src/delivery/probe-exchanger.ts';
import { quoteReply } from '../../src/protocol/smtp-reply.ts';
import { answerWith, connectToExchanger, hangUp } from './exchanger-server.ts';
import { exchanger, name } from './exchanger-session.ts';

type Rules = Parameters<typeof connectToExchanger>[1];

const recipient = 'bob@b.test';
const [ehlo, helo, mail, rcpt] = ['EHLO me.test', 'HELO me.test', 'MAIL FROM:<>', `RCPT TO:<${recipient}>`];

/** The probe's end is awaited, and that it has let go of the connection. */
async function probe(t: TestContext, rules: Rules, to: string | undefined) {
  const { connection, server } = await connectToExchanger(t, rules);
  const steps: ProbeStep[] = [];
  const failure = await probeExchanger(
    connection,
    exchanger,
    { heloName: 'me.test', recipient: to },
    (step) => void steps.push(step),
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  await connection.closed;
  assert.deepEqual(
    [server.violations, server.messages],
    [[], []],
    'it waits for each reply, and sends no message',
  );
  return { said: steps.map(({ step, reply }) => `${step} ${quoteReply(reply)}`), steps, server, failure };
}

const greeted = ['banner 220 mx.example.test ESMTP', 'EHLO 250 mx.example.test HELP'];

const rows: readonly [
  why: string,
  rules: Rules,
  to: string | undefined,
  said: readonly string[],
  commands: readonly string[],
][] = [
  ['all is fine', {}, undefined, greeted, [ehlo, 'QUIT']],
  [
    'a recipient is accepted; the transaction is given up',
    {},
    recipient,
    [...greeted, 'MAIL 250 2.1.0 Ok', 'RCPT 250 2.1.5 Ok', 'RSET 250 2.0.0 Ok'],
    [ehlo, mail, rcpt, 'RSET', 'QUIT'],
  ],
  [
    'a recipient is refused',
    { answer: answerWith({ RCPT: '550-5.1.1 no\r\n550 5.1.1 such user' }) },
    recipient,
    [...greeted, 'MAIL 250 2.1.0 Ok', 'RCPT 550 5.1.1 no 5.1.1 such user', 'RSET 250 2.0.0 Ok'],
    [ehlo, mail, rcpt, 'RSET', 'QUIT'],
  ],
  [
    'the null sender is refused: no recipient is asked for',
    { answer: answerWith({ MAIL: '451 4.7.1 greylisted' }) },
    recipient,
    [...greeted, 'MAIL 451 4.7.1 greylisted', 'RSET 250 2.0.0 Ok'],
    [ehlo, mail, 'RSET', 'QUIT'],
  ],
  [
    'the banner refuses: nothing but QUIT',
    { banner: '554 5.7.1 no' },
    recipient,
    ['banner 554 5.7.1 no'],
    ['QUIT'],
  ],
  [
    'a server that knows no EHLO',
    { answer: answerWith({ EHLO: '502 5.5.1 what?' }) },
    undefined,
    ['banner 220 mx.example.test ESMTP', 'EHLO 502 5.5.1 what?', 'HELO 250 mx.example.test'],
    [ehlo, helo, 'QUIT'],
  ],
  [
    'a server that takes no EHLO for now',
    { answer: answerWith({ EHLO: '450 later' }) },
    recipient,
    ['banner 220 mx.example.test ESMTP', 'EHLO 450 later'],
    [ehlo, 'QUIT'],
  ],
  ['421 for a banner', { banner: '421 4.3.2 busy' }, undefined, ['banner 421 4.3.2 busy'], []],
  [
    '421 in the middle',
    { answer: answerWith({ RCPT: '421 4.7.0 enough' }) },
    recipient,
    [...greeted, 'MAIL 250 2.1.0 Ok', 'RCPT 421 4.7.0 enough'],
    [ehlo, mail, rcpt],
  ],
  [
    'a server that takes neither',
    { answer: answerWith({ EHLO: '550 not you', HELO: '550 nor you' }) },
    recipient,
    ['banner 220 mx.example.test ESMTP', 'EHLO 550 not you', 'HELO 550 nor you'],
    [ehlo, helo, 'QUIT'],
  ],
];
for (const [why, rules, to, said, commands] of rows) {
  test(why, async (t) => {
    const result = await probe(t, rules, to);
    assert.equal(result.failure, undefined);
    assert.deepEqual([result.said, result.server.commands], [said, commands]);
    assert.ok(result.steps.every(({ ms }) => Number.isInteger(ms) && ms >= 0));
  });
}

const failures: readonly [why: string, rules: Rules, stepsBefore: number, message: string][] = [
  [
    'it hangs up',
    { banner: hangUp },
    0,
    `the connection to ${name} was lost before its answer to our connection: the exchanger closed it`,
  ],
  [
    'it hangs up after MAIL',
    { answer: answerWith({ MAIL: hangUp }) },
    2,
    `the connection to ${name} was lost before its answer to MAIL: the exchanger closed it`,
  ],
  [
    'it is no SMTP server',
    { banner: 'HTTP/1.1 400 Bad Request' },
    0,
    `${name} does not keep to SMTP in its answer to our connection: a line that is no reply: "HTTP/1.1 400 Bad Request"`,
  ],
  [
    'it accepts before it is asked',
    { answer: answerWith({ MAIL: '354 go ahead' }) },
    2,
    `${name} does not keep to SMTP in its answer to MAIL: it says "354 go ahead"`,
  ],
];
for (const [why, rules, stepsBefore, message] of failures) {
  test(`the steps so far are told, then it fails: ${why}`, async (t) => {
    const { steps, failure, server } = await probe(t, rules, recipient);
    assert.ok(failure instanceof Error);
    assert.deepEqual([failure.message, steps.length], [message, stepsBefore]);
    assert.equal(server.commands.includes('QUIT'), false, 'nobody is left to say it to');
  });
}
