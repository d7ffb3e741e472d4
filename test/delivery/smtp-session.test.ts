/** Messages that arrive, wholly or for some, in each way of sending them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith } from './exchanger-server.ts';
import {
  cutText,
  makeBody,
  makeEnvelope,
  makeText,
  startSession,
  transact,
  waysOfSending,
} from './exchanger-session.ts';

const bodies: readonly [what: string, text: string, chunkBytes: number][] = [
  ['a small message', 'Subject: x\r\n\r\n.hello\r\n', 7],
  ['an empty message', '', 1],
  ['a message of a few chunks', makeText(700_000), 65_536],
  ['a message whose end is that of a block', makeText(0).padEnd(65_534, 'x').concat('\r\n'), 16_384],
];

for (const { way, offers } of waysOfSending) {
  for (const [what, text, chunkBytes] of bodies) {
    test(`${way}: ${what} arrives as it left, and one after it`, async (t) => {
      const { session, server } = await startSession(t, { offers });
      const [first, second] = [makeEnvelope('b@x.test', 'c@x.test'), makeEnvelope('d@x.test')];
      const answers = await transact(session, first, makeBody(...cutText(text, chunkBytes)));
      assert.deepEqual(answers, ['250 2.0.0 Ok: queued as Q1', '250 2.0.0 Ok: queued as Q1']);
      assert.deepEqual(await transact(session, second, makeBody('x\r\n')), ['250 2.0.0 Ok: queued as Q2']);
      assert.equal(server.messages[0]?.body === text, true, 'the body is the same');
      assert.deepEqual(server.messages[0]?.recipients, ['RCPT TO:<b@x.test>', 'RCPT TO:<c@x.test>']);
      assert.equal(server.messages[1]?.body, 'x\r\n');
      assert.deepEqual([server.violations, session.isUsable], [[], true]);
      assert.ok(!server.commands.includes('RSET'), 'nothing to reset after a delivery');
    });
  }

  test(`${way}: each recipient gets its own reply, a repeated one twice`, async (t) => {
    let seen = 0;
    const answer = (line: string) => {
      if (line.includes('<no@')) return '550-5.1.1 no\r\n550 such user';
      return line.includes('<b@') && ++seen === 2 ? '452 4.5.3 not twice' : undefined;
    };
    const { session, server } = await startSession(t, { offers, answer });
    const envelope = makeEnvelope('b@x.test', 'no@x.test', 'b@x.test', 'B@x.test');
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), [
      '250 2.0.0 Ok: queued as Q1',
      '550 5.1.1 no such user',
      '452 4.5.3 not twice',
      '250 2.0.0 Ok: queued as Q1',
    ]);
    assert.deepEqual(server.messages[0]?.recipients, ['RCPT TO:<b@x.test>', 'RCPT TO:<B@x.test>']);
    assert.deepEqual([server.violations, session.isUsable], [[], true]);
  });

  for (const size of [10, 400_000]) {
    test(`${way}: nobody accepted (${size} bytes), and the next message is not taken for his`, async (t) => {
      const answer = answerWith({ 'RCPT TO:<no@': '550 5.1.1 no', 'RCPT TO:<no2@': '550 5.1.1 nor he' });
      const { session, server } = await startSession(t, { offers, answer });
      const body = makeBody(...cutText(makeText(size), 65_536));
      assert.deepEqual(await transact(session, makeEnvelope('no@x.test', 'no2@x.test'), body), [
        '550 5.1.1 no',
        '550 5.1.1 nor he',
      ]);
      assert.equal(server.commands.at(-1), 'RSET');
      const sender = { path: 'other@sender.test', parameters: [] };
      await transact(session, { ...makeEnvelope('b@x.test'), sender }, makeBody('x\r\n'));
      assert.deepEqual(server.messages, [
        { sender: 'MAIL FROM:<other@sender.test>', recipients: ['RCPT TO:<b@x.test>'], body: 'x\r\n' },
      ]);
      assert.deepEqual(server.violations, []);
    });
  }

  test(`${way}: a refused sender is the answer for every recipient`, async (t) => {
    const answer = answerWith({ MAIL: '550 5.7.1 not you' });
    const { session, server } = await startSession(t, { offers, answer });
    const answers = await transact(session, makeEnvelope('b@x.test', 'c@x.test'), makeBody('x\r\n'));
    assert.deepEqual(answers, ['550 5.7.1 not you', '550 5.7.1 not you']);
    const wasPipelined = offers.some((offer) => offer === 'PIPELINING');
    assert.equal(server.commands.includes('RCPT TO:<b@x.test>'), wasPipelined);
    assert.deepEqual([server.messages, server.violations, session.isUsable], [[], [], true]);
  });

  test(`${way}: the final refusal, word for word, and the session goes on`, async (t) => {
    const refusal = '554-5.7.1 spam\r\n554 Größe 雪';
    const answer = answerWith({ '.': refusal, 'BDAT 3 LAST': refusal });
    const { session, server } = await startSession(t, { offers, answer });
    const envelope = makeEnvelope('b@x.test');
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), ['554 5.7.1 spam Größe 雪']);
    assert.deepEqual(await transact(session, envelope, makeBody('y\r\n')), ['554 5.7.1 spam Größe 雪']);
    assert.deepEqual([server.messages, server.violations, session.isUsable], [[], [], true]);
  });

  test(`${way}: 25 MB go out no faster than they are taken`, async (t) => {
    const block = Buffer.from(makeText(65_536));
    let produced = 0;
    async function* produce() {
      for (let index = 0; index < 400; index++) {
        produced += block.length;
        yield block;
      }
    }
    let mostAhead = 0;
    const { session, server } = await startSession(t, {
      offers,
      beforeRead: ({ bytesOfBodies }) => {
        mostAhead = Math.max(mostAhead, produced - bytesOfBodies);
      },
    });
    assert.deepEqual(await transact(session, makeEnvelope('b@x.test'), produce()), [
      '250 2.0.0 Ok: queued as Q1',
    ]);
    assert.equal(server.bytesOfBodies, 400 * block.length);
    assert.ok(mostAhead < 4_000_000, `at most ${mostAhead} bytes were on their way`);
  });
}

test('PIPELINING and CHUNKING: a small message is one write', async (t) => {
  const { session, writes } = await startSession(t, { offers: ['PIPELINING', 'CHUNKING'] });
  await transact(session, makeEnvelope('b@x.test', 'c@x.test'), makeBody('.a\r\n', 'b\r\n'));
  assert.deepEqual(writes, [
    'MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@x.test>\r\nRCPT TO:<c@x.test>\r\nBDAT 7 LAST\r\n.a\r\nb\r\n',
  ]);
});

test('PIPELINING and CHUNKING: the first chunk of a big message leaves with its envelope', async (t) => {
  const { session, writes } = await startSession(t, { offers: ['PIPELINING', 'CHUNKING'] });
  await transact(session, makeEnvelope('b@x.test'), makeBody(...cutText('x'.repeat(700_000), 65_536)));
  const heads = writes.map((write) => write.slice(0, 80).replace(/x+$/, ''));
  assert.deepEqual(heads, [
    'MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@x.test>\r\nBDAT 65536\r\n',
    'BDAT 262144\r\n',
    'BDAT 262144\r\n',
    'BDAT 110176 LAST\r\n',
  ]);
});

test('PIPELINING: MAIL, RCPT and DATA are one write, the message another', async (t) => {
  const { session, writes } = await startSession(t, { offers: ['PIPELINING'] });
  await transact(session, makeEnvelope('b@x.test'), makeBody('.a\r\n', 'b'));
  assert.deepEqual(writes, [
    'MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n',
    '..a\r\nb\r\n.\r\n',
  ]);
});

for (const offers of [[], ['CHUNKING']]) {
  test(`no PIPELINING (${offers.join()}): the message of nobody is not even read`, async (t) => {
    const answer = answerWith({ RCPT: '550 5.1.1 no' });
    const { session, writes } = await startSession(t, { offers, answer });
    let reads = 0;
    const body = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error(`read ${++reads}`)) }),
    };
    assert.deepEqual(await transact(session, makeEnvelope('b@x.test'), body), ['550 5.1.1 no']);
    assert.equal(reads, 0);
    assert.deepEqual(writes, ['MAIL FROM:<a@sender.test>\r\n', 'RCPT TO:<b@x.test>\r\n', 'RSET\r\n']);
  });
}

test('a message that is not read to its end is left, one that is read is not', async (t) => {
  for (const { offers } of waysOfSending) {
    const answer = answerWith({ 'RCPT TO:<no@': '550 5.1.1 no' });
    const { session } = await startSession(t, { offers, answer });
    let timesLeft = 0;
    const toBody = (text: string) => {
      const chunks = makeBody(...cutText(text, 65_536));
      const leave = () => chunks.return(++timesLeft);
      return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next(), return: leave }) };
    };
    await transact(session, makeEnvelope('b@x.test'), toBody(makeText(200_000)));
    assert.equal(timesLeft, 0);
    await transact(session, makeEnvelope('no@x.test'), toBody(makeText(200_000)));
    assert.equal(timesLeft, 1);
  }
});

test('354 although nobody was accepted: a dot alone, its answer, and RSET', async (t) => {
  const answer = answerWith({ RCPT: '550 5.1.1 no', DATA: '354 go ahead' });
  const { session, server, writes } = await startSession(t, { offers: ['PIPELINING'], answer });
  assert.deepEqual(await transact(session, makeEnvelope('b@x.test'), makeBody('secret\r\n')), [
    '550 5.1.1 no',
  ]);
  assert.deepEqual(writes.slice(1), ['.\r\n', 'RSET\r\n']);
  assert.deepEqual([server.messages, session.isUsable], [[], true]);
});

test('354 although the sender was refused: nothing is finished that may be for an earlier one', async (t) => {
  const answer = answerWith({ MAIL: '550 no', DATA: '354 go' });
  const { session, server } = await startSession(t, { offers: ['PIPELINING'], answer });
  assert.deepEqual(await transact(session, makeEnvelope('b@x.test'), makeBody('x\r\n')), ['550 no']);
  assert.deepEqual([server.messages, session.isUsable], [[], false]);
});

test('a refused DATA is the answer for those who were accepted', async (t) => {
  for (const offers of [[], ['PIPELINING']]) {
    const answer = answerWith({ DATA: '451 4.3.0 disk full' });
    const { session, server } = await startSession(t, { offers, answer });
    assert.deepEqual(await transact(session, makeEnvelope('b@x.test'), makeBody('x\r\n')), [
      '451 4.3.0 disk full',
    ]);
    assert.deepEqual([server.commands.at(-1), session.isUsable], ['RSET', true]);
  }
});

test('UTF-8 addresses, and parameters as they are offered', async (t) => {
  const offers = ['SMTPUTF8', '8BITMIME', 'DSN', 'SIZE'];
  const { session, server } = await startSession(t, { offers });
  const envelope = {
    sender: { path: 'ä@sender.test', parameters: ['SIZE=3', 'BODY=8BITMIME', 'SMTPUTF8', 'RET=HDRS'] },
    recipients: [{ path: '雪@x.test', parameters: ['NOTIFY=NEVER'] }],
  };
  await transact(session, envelope, makeBody('x\r\n'));
  assert.deepEqual(server.commands.slice(1, 3), [
    'MAIL FROM:<ä@sender.test> SIZE=3 BODY=8BITMIME SMTPUTF8 RET=HDRS',
    'RCPT TO:<雪@x.test> NOTIFY=NEVER',
  ]);
});

test('what the exchanger lacks fails before a word is said', async (t) => {
  const { session, writes } = await startSession(t, {});
  const sender = { path: 'a@sender.test', parameters: ['BODY=8BITMIME'] };
  const envelope = { ...makeEnvelope('b@x.test', 'c@x.test'), sender };
  const failure = 'exchanger-lacks-8bitmime 5.6.3';
  assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), [failure, failure]);
  assert.deepEqual([writes, session.isUsable], [[], true]);
});

test('a thousand recipients in one write, answered while it is under way', async (t) => {
  const paths = Array.from({ length: 1000 }, (_, index) => `recipient-number-${index}@x.test`);
  const { session, server } = await startSession(t, { offers: ['PIPELINING', 'CHUNKING'] });
  const answers = await transact(session, makeEnvelope(...paths), makeBody('x\r\n'));
  assert.deepEqual(new Set(answers), new Set(['250 2.0.0 Ok: queued as Q1']));
  assert.equal(server.messages[0]?.recipients.length, 1000);
});
