/** What goes wrong in the middle of a transaction, in each way of sending a message. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import {
  type Answer,
  answerWith,
  type ExchangerServer,
  hangUp,
  silence,
  waitUntil,
} from './exchanger-server.ts';
import {
  cutText,
  makeBody,
  makeEnvelope,
  makeText,
  name,
  startSession,
  transact,
  waysOfSending,
} from './exchanger-session.ts';

const envelope = makeEnvelope('b@x.test', 'c@x.test');
const [data, pipelinedData, chunks, pipelinedChunks] = waysOfSending;

function twice(text: string): string[] {
  return [text, text];
}

const lost = 'exchanger-lost 4.4.2';
const afterData = 'exchanger-lost-after-data 4.4.2';
const timeout = 'exchanger-timeout 4.4.1';
const protocol = 'exchanger-protocol 4.5.0';
const goodbye = '421 4.3.2 going down';

/** At which command it happens, and what a lost connection and silence are called then. */
const places = [
  { ...data, at: 'MAIL', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...data, at: 'RCPT', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...data, at: 'RCPT TO:<c', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...data, at: 'DATA', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...data, at: '.', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
  { ...pipelinedData, at: 'MAIL', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...pipelinedData, at: 'RCPT TO:<c', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...pipelinedData, at: 'DATA', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...pipelinedData, at: '.', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
  { ...chunks, at: 'RCPT', ifLost: lost, ifSilent: timeout, ifNonsense: protocol },
  { ...chunks, at: 'BDAT 3 LAST', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
  // the whole message left with the envelope: nobody knows how much of it the exchanger has obeyed
  { ...pipelinedChunks, at: 'MAIL', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
  { ...pipelinedChunks, at: 'RCPT TO:<c', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
  { ...pipelinedChunks, at: 'BDAT 3 LAST', ifLost: afterData, ifSilent: afterData, ifNonsense: afterData },
];

for (const { way, offers, at, ifLost, ifSilent, ifNonsense } of places) {
  const happenings: readonly { what: Answer; expected: string }[] = [
    { what: hangUp, expected: ifLost },
    { what: silence, expected: ifSilent },
    { what: 'nonsense', expected: ifNonsense },
    { what: '221 2.0.0 Bye', expected: ifNonsense },
    { what: goodbye, expected: goodbye },
  ];
  for (const { what, expected } of happenings) {
    test(`${way}: ${String(what)} at ${at}`, async (t) => {
      const step = at === '.' || at.endsWith('LAST') ? 'endOfMessage' : 'envelope';
      const timeoutsMs = what === silence ? { [step]: 40 } : {};
      const answer = answerWith({ [at]: what });
      const { session, server, connection } = await startSession(t, { offers, answer }, timeoutsMs);
      assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), twice(expected));
      assert.equal(session.isUsable, false);
      await session.close();
      await connection.closed;
      assert.ok(!server.commands.includes('QUIT'), 'nothing more is said');
    });
  }
}

test('refusals from before the end stand', async (t) => {
  for (const { offers } of waysOfSending) {
    const answer = answerWith({ 'RCPT TO:<b@': '550 5.1.1 no', 'RCPT TO:<c@': goodbye });
    const { session } = await startSession(t, { offers, answer });
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), ['550 5.1.1 no', goodbye]);
  }
});

test('the texts name the exchanger, the step and what may have happened', async (t) => {
  const { session } = await startSession(t, { offers: [], answer: answerWith({ '.': hangUp }) });
  const [outcome] = await session.transact(envelope, makeBody('x\r\n'));
  assert.ok(outcome?.kind === 'failed');
  assert.equal(
    outcome.error.message,
    `the connection to ${name} was lost before its answer to the end of the message: the exchanger closed it; the message may have been delivered`,
  );
  assert.match(outcome.error.hint ?? '', /^`onionmx probe [a-z2-7]{56}\.onion:25` /);
});

async function* breakOff(text: string): AsyncGenerator<Buffer> {
  yield* makeBody(...cutText(text, 65_536));
  throw new OnionmxError('connection-lost', 'the MTA is gone');
}

const bigBody = () => makeBody(...cutText(makeText(3_000_000), 65_536));

for (const { way, offers } of [data, pipelinedData]) {
  test(`${way}: a refusal in the middle of the message stops it`, async (t) => {
    const answer = answerWith({ data: '552-5.3.4 too\r\n552 big' });
    const { session, server, connection } = await startSession(t, { offers, answer });
    assert.deepEqual(await transact(session, envelope, bigBody()), twice('552 5.3.4 too big'));
    await connection.closed;
    assert.deepEqual([session.isUsable, server.messages], [false, []]);
  });

  test(`${way}: 421 in the middle of the message`, async (t) => {
    const { session, server } = await startSession(t, { offers, answer: answerWith({ data: goodbye }) });
    assert.deepEqual(await transact(session, envelope, bigBody()), twice(goodbye));
    assert.deepEqual([session.isUsable, server.messages], [false, []]);
  });

  test(`${way}: nobody can accept a message that is not there yet`, async (t) => {
    const { session, server } = await startSession(t, { offers, answer: answerWith({ data: '250 queued' }) });
    assert.deepEqual(await transact(session, envelope, bigBody()), twice(protocol));
    assert.deepEqual([session.isUsable, server.messages], [false, []]);
  });

  test(`${way}: the connection lost in the middle of the message`, async (t) => {
    const { session } = await startSession(t, { offers, answer: answerWith({ data: hangUp }) });
    assert.deepEqual(await transact(session, envelope, bigBody()), twice(lost));
    assert.equal(session.isUsable, false);
  });

  test(`${way}: a refusal while the MTA pauses is heard, and no read of the message is left behind`, async (t) => {
    const pause = new EventEmitter();
    let isReadPending = false;
    async function* pausingBody() {
      yield Buffer.from(makeText(70_000));
      isReadPending = true;
      await once(pause, 'over');
      isReadPending = false;
      yield Buffer.from('more\r\n');
    }
    const { session } = await startSession(t, { offers, answer: answerWith({ data: '552 5.3.4 too big' }) });
    const outcomes = transact(session, envelope, pausingBody());
    await waitUntil(() => !session.isUsable);
    pause.emit('over');
    assert.deepEqual(await outcomes, twice('552 5.3.4 too big'));
    assert.equal(isReadPending, false);
  });
}

/** Reads the first piece of a message, and then nothing any more. */
const stopReading = ({ bytesOfBodies }: { bytesOfBodies: number }) =>
  bytesOfBodies > 0 ? new Promise<void>(() => {}) : undefined;

test('a refusal from an exchanger that reads no further is heard while the message waits to be written', async (t) => {
  const rules = { offers: [], answer: answerWith({ data: '552 5.3.4 too big' }), beforeRead: stopReading };
  const { session } = await startSession(t, rules);
  assert.deepEqual(await transact(session, envelope, bigBody()), twice('552 5.3.4 too big'));
});

test('421 from an exchanger that reads no further is heard between chunks', async (t) => {
  const beforeRead = async (server: ExchangerServer) => {
    if (!server.commands.includes('BDAT 65536')) return;
    await server.say(goodbye);
    await new Promise(() => {});
  };
  const { session } = await startSession(
    t,
    { offers: ['PIPELINING', 'CHUNKING'], beforeRead },
    { block: 40 },
  );
  assert.deepEqual(await transact(session, envelope, bigBody()), twice(goodbye));
});

test('with PIPELINING many chunks may be unanswered while more are sent, without it none', async (t) => {
  for (const { offers, most } of [
    { ...chunks, most: 1 },
    { ...pipelinedChunks, most: 17 },
  ]) {
    const { session, writes } = await startSession(
      t,
      { offers, answer: answerWith({ BDAT: silence }) },
      { chunk: 40 },
    );
    const body = makeBody(...cutText(makeText(8_000_000), 65_536));
    assert.deepEqual(await transact(session, envelope, body), twice(timeout));
    assert.equal(writes.filter((write) => write.includes('BDAT')).length, most);
  }
});

test('an exchanger that takes no more of the message is given up', async (t) => {
  const { session } = await startSession(t, { offers: [], beforeRead: stopReading }, { block: 40 });
  const [outcome] = await session.transact(envelope, bigBody());
  assert.ok(outcome?.kind === 'failed');
  assert.equal(outcome.error.code, 'exchanger-lost');
  assert.match(
    outcome.error.message,
    /^the connection to .* its answer to the unfinished message: .* took no data for 40 ms$/,
  );
});

for (const { way, offers } of [chunks, pipelinedChunks]) {
  test(`${way}: a refused chunk is the answer, the rest stays here, and the session goes on`, async (t) => {
    const answer = answerWith({ 'BDAT 262': '552 5.3.4 too big' });
    const { session, server } = await startSession(t, { offers, answer });
    assert.deepEqual(await transact(session, envelope, bigBody()), twice('552 5.3.4 too big'));
    assert.ok(!server.commands.some((line) => line.endsWith('LAST')));
    assert.equal(server.commands.at(-1), 'RSET');
    assert.deepEqual(
      await transact(session, envelope, makeBody('x\r\n')),
      twice('250 2.0.0 Ok: queued as Q1'),
    );
    assert.deepEqual([server.messages.length, server.violations], [1, []]);
  });

  test(`${way}: the last chunk behind a refused one changes nothing`, async (t) => {
    const answer = answerWith({ 'BDAT 65536': '552 5.3.4 too big', 'BDAT 262': '552 5.3.4 too big' });
    const { session, server } = await startSession(t, { offers, answer });
    const body = makeBody(...cutText('x'.repeat(300_000), 65_536));
    assert.deepEqual(await transact(session, envelope, body), twice('552 5.3.4 too big'));
    assert.deepEqual([server.messages, session.isUsable], [[], true]);
  });

  test(`${way}: the connection lost between two chunks`, async (t) => {
    const { session } = await startSession(t, { offers, answer: answerWith({ 'BDAT 262': hangUp }) });
    // more than can be unanswered
    const body = makeBody(...cutText(makeText(8_000_000), 65_536));
    assert.deepEqual(await transact(session, envelope, body), twice(lost));
  });
}

for (const { way, offers } of waysOfSending) {
  for (const size of [10, 300_000, 1_000_000]) {
    test(`${way}: when the MTA goes away after ${size} bytes nothing looks complete`, async (t) => {
      const { session, server, connection } = await startSession(t, { offers });
      const outcomes = await transact(session, envelope, breakOff(makeText(size)));
      assert.deepEqual(outcomes, twice('connection-lost 4.4.2'));
      await connection.closed;
      assert.deepEqual([server.messages, session.isUsable], [[], false]);
      assert.ok(!server.commands.some((line) => line.endsWith('LAST')));
    });
  }
}

test('a message with a dot that some server takes for the end is not sent to its end', async (t) => {
  const { session, server, connection } = await startSession(t, { offers: [] });
  const outcomes = await transact(session, envelope, makeBody('x\r\n', 'y\n.\r\nMAIL FROM:<z@x.test>\r\n'));
  assert.deepEqual(outcomes, twice('message-line-ends 5.6.0'));
  await connection.closed;
  assert.deepEqual(server.messages, []);
});

test('a session that will not reset is of no more use, the outcomes stand', async (t) => {
  const answers: readonly Answer[] = ['500 5.5.1 no', silence, hangUp, goodbye];
  for (const what of answers) {
    const answer = answerWith({ RCPT: '550 5.1.1 no', RSET: what });
    const timeoutsMs = what === silence ? { reset: 40 } : {};
    const { session } = await startSession(t, { offers: [], answer }, timeoutsMs);
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), twice('550 5.1.1 no'));
    assert.equal(session.isUsable, false);
  }
});

test('one reply too many ends the session before it can answer for the next message', async (t) => {
  for (const { offers } of waysOfSending) {
    const tooMany = '250 2.0.0 Ok\r\n550 5.0.0 for nobody';
    const answer = answerWith({ '.': tooMany, 'BDAT 3 LAST': tooMany });
    const { session, server } = await startSession(t, { offers, answer });
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), twice('250 2.0.0 Ok'));
    await waitUntil(() => !session.isUsable);
    assert.deepEqual(await transact(session, envelope, makeBody('y\r\n')), twice(protocol));
    assert.equal(server.messages.length, 1);
  }
});

test('an idle session that was ended by 421 says so to the next message', async (t) => {
  const { session, server } = await startSession(t, { offers: [] });
  await server.say('421 4.4.2 idle too long');
  await waitUntil(() => !session.isUsable);
  assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), twice('421 4.4.2 idle too long'));
});
