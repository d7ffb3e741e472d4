import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { converse, turnAway } from '../../src/delivery/lmtp-conversation.ts';
import { chunkSizes } from '../chunks.ts';
import { createRecordingLog } from '../recording-log.ts';
import { everything, FakeReceiver, ok } from './fake-receiver.ts';
import { createGate } from './gate.ts';
import { type LmtpClient, openLmtp } from './lmtp-client.ts';

interface Talk {
  readonly client: LmtpClient;
  readonly receiver: FakeReceiver;
  readonly log: ReturnType<typeof createRecordingLog>;
  /** Resolves when the server is done with this client. */
  readonly over: Promise<void>;
}

async function talk(t: TestContext, idleMs = 20_000, receiver = new FakeReceiver()): Promise<Talk> {
  const log = createRecordingLog();
  const options = { name: 'aaa.onion', log, idleMs };
  let over = Promise.resolve();
  const client = await openLmtp(t, (connection) => {
    over = converse(connection, receiver, options);
  });
  assert.equal(await client.hear(), '220 aaa.onion LMTP onionmx');
  return { client, receiver, log, over };
}

async function talkAfterRcpt(t: TestContext, recipients = ['b@b.test']): Promise<Talk> {
  const talking = await talk(t);
  const rcpts = recipients.map((path) => `RCPT TO:<${path}>\r\n`).join('');
  await talking.client.send(`LHLO mta.test\r\nMAIL FROM:<a@a.test>\r\n${rcpts}`);
  await talking.client.hearMany(2 + recipients.length);
  return talking;
}

const codes = (replies: readonly string[]) => replies.map((reply) => reply.slice(0, 3)).join(' ');

for (const size of chunkSizes) {
  test(`a whole conversation sent at once in chunks of ${size} is answered in order`, async (t) => {
    const { client, receiver, over } = await talk(t);
    receiver.acceptReply = (path) => (path.startsWith('no') ? { code: 451, lines: ['4.4.0 not here'] } : ok);
    const body = `Subject: x\r\n\r\n..dot\r\n${'long '.repeat(3000)}\r\n`;
    await client.send(
      [
        'LHLO mta.test\r\nMAIL FROM:<a@a.test> SIZE=90 BODY=8BITMIME RET=HDRS ENVID=Q1\r\n',
        'RCPT TO:<b@b.test> ORCPT=rfc822;b@b.test NOTIFY=NEVER\r\nRCPT TO:<no@b.test>\r\nRCPT TO:<B@b.test>\r\n',
        `DATA\r\n${body}.\r\nMAIL FROM:<>\r\nRCPT TO:<"x > y"@b.test>\r\nDATA\r\n.\r\nQUIT\r\n`,
      ].join(''),
      size,
    );
    const [greeting, ...replies] = await client.hearAll();
    assert.equal(
      greeting,
      '250-aaa.onion\n250-PIPELINING\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250-SMTPUTF8\n250-DSN\n250-REQUIRETLS\n250 SIZE',
    );
    assert.deepEqual(replies, [
      '250 2.1.0 Ok',
      '250 2.1.5 Ok',
      '451 4.4.0 not here',
      '250 2.1.5 Ok',
      '354 end data with <CR><LF>.<CR><LF>',
      '250 2.0.0 b@b.test done',
      '250 2.0.0 B@b.test done',
      '250 2.1.0 Ok',
      '250 2.1.5 Ok',
      '354 end data with <CR><LF>.<CR><LF>',
      '250 2.0.0 "x > y"@b.test done',
      '221 2.0.0 Bye',
    ]);
    await over;
    assert.deepEqual(receiver.bodies, [body.replace('..dot', '.dot'), '']);
    assert.deepEqual(receiver.envelopes, [
      {
        sender: { path: 'a@a.test', parameters: ['SIZE=90', 'BODY=8BITMIME', 'RET=HDRS', 'ENVID=Q1'] },
        recipients: [
          { path: 'b@b.test', parameters: ['ORCPT=rfc822;b@b.test', 'NOTIFY=NEVER'] },
          { path: 'B@b.test', parameters: [] },
        ],
      },
      { sender: { path: '', parameters: [] }, recipients: [{ path: '"x > y"@b.test', parameters: [] }] },
    ]);
  });
}

test('the same recipient three times, in any case: three replies', async (t) => {
  const { client } = await talkAfterRcpt(t, ['b@b.test', 'B@B.test', 'b@b.test']);
  await client.send('DATA\r\nx\r\n.\r\nNOOP\r\n');
  assert.equal(codes(await client.hearMany(5)), '354 250 250 250 250');
});

test('the final dot and QUIT together: 221 does not overtake a slow exchanger', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  const [read, answer] = [createGate(), createGate()];
  receiver.finish = async (envelope, body) => {
    const replies = await receiver.readAll(envelope, body);
    read.open();
    await answer.opened;
    return replies;
  };
  await client.send('DATA\r\nx\r\n.\r\nQUIT\r\n');
  await read.opened;
  assert.equal(await client.hear(), '354 end data with <CR><LF>.<CR><LF>');
  const rest = client.hearAll();
  answer.open();
  assert.deepEqual(await rest, ['250 2.0.0 b@b.test done', '221 2.0.0 Bye']);
});

for (const [why, finish] of [
  ['the receiver throws', () => Promise.reject(new Error('out of order'))],
  ['there are too few replies', () => Promise.resolve([])],
  ['success is claimed for a message that was not read', () => Promise.resolve([ok])],
] as const) {
  test(`dot and QUIT, and ${why}: the connection ends without a word`, async (t) => {
    const { client, receiver, log, over } = await talkAfterRcpt(t);
    receiver.finish = finish;
    await client.send('DATA\r\nx\r\n.\r\nQUIT\r\n');
    assert.equal(codes(await client.hearAll()), '354');
    await over;
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['error'],
    );
  });
}

test('a message that nobody reads is read to its end before the next command', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  receiver.finish = () => Promise.resolve([{ code: 550, lines: ['5.1.1 unknown', '5.1.1 truly'] }]);
  await client.send(`DATA\r\n${'QUIT\r\n'.repeat(50_000)}.\r\nNOOP\r\n`);
  assert.deepEqual(await client.hearMany(3), [
    '354 end data with <CR><LF>.<CR><LF>',
    '550-5.1.1 unknown\n550 5.1.1 truly',
    '250 2.0.0 Ok',
  ]);
});

test('a receiver that stops reading early loses nothing but the rest of that message', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  receiver.finish = async (_envelope, body) => {
    await body[Symbol.asyncIterator]().next();
    return [{ code: 552, lines: ['5.3.4 too much'] }];
  };
  await client.send(`DATA\r\n${'x'.repeat(300_000)}\r\n.\r\nNOOP\r\n`);
  assert.equal(codes(await client.hearMany(3)), '354 552 250');
});

test('a client that goes away in the middle: the body throws, and is never whole', async (t) => {
  const { client, receiver, log, over } = await talkAfterRcpt(t);
  await client.send('DATA\r\nhalf a mess');
  assert.equal(codes([(await client.hear()) ?? '']), '354');
  client.connection.destroy();
  await over;
  assert.deepEqual(receiver.bodies, [undefined]);
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['debug'],
  );
});

test('a client that ends its side in the middle: the same, and no reply', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  await client.send('DATA\r\nhalf a message\r\n.');
  client.connection.end();
  assert.equal(codes(await client.hearAll()), '354');
  assert.deepEqual(receiver.bodies, [undefined]);
});

test('a client that is silent in the middle of a message is given up', async (t) => {
  const { client, receiver, over } = await talk(t, 400);
  await client.send('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nhalf');
  assert.equal(codes(await client.hearAll()), '250 250 250 354');
  await over;
  assert.deepEqual(receiver.bodies, [undefined]);
});

for (const [data, reply, why] of [
  [
    'a\n.\r\nMAIL FROM:<x@x.test>\r\n.\r\n',
    '550 5.6.0 bare <LF> in the message (RFC 5321 section 2.3.8)',
    'bare LF',
  ],
  [
    'a\r.\r\nMAIL FROM:<x@x.test>\r\n.\r\n',
    '550 5.6.0 a dot after a bare <CR> or NUL in the message: a lenient server would take it for the end (SMTP smuggling)',
    'a dot after a bare CR',
  ],
  [`${'x'.repeat(99)}\r\n.\r\n`, '552 5.3.4 the exchanger takes 100 bytes at most', 'longer than offered'],
] as const) {
  test(`a message that must not pass (${why}) never looks whole, and is refused after its true end`, async (t) => {
    const receiver = new FakeReceiver();
    receiver.offer = { ...everything, maxMessageBytes: 100 };
    const { client } = await talk(t, 20_000, receiver);
    await client.send(`LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n${data}NOOP\r\n`);
    assert.deepEqual((await client.hearMany(6)).slice(4), [reply, '250 2.0.0 Ok']);
    assert.deepEqual(receiver.bodies, [undefined]);
  });
}

test('the client is held up while the receiver takes nothing', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  const gate = createGate();
  let bytesBefore = 0;
  receiver.finish = async (envelope, body) => {
    await gate.opened;
    bytesBefore = body.bytesRead;
    return receiver.readAll(envelope, body);
  };
  await client.send('DATA\r\n');
  const block = Buffer.alloc(8 << 20, 'x');
  await assert.rejects(client.connection.write(block, 50), { code: 'connection-timeout' });
  gate.open();
  await client.send('\r\n.\r\n');
  assert.equal(codes(await client.hearMany(2)), '354 250');
  assert.equal(bytesBefore, 0);
  assert.equal(receiver.bodies[0]?.length, block.length + 2);
});

for (const [commands, expected, why] of [
  ['MAIL FROM:<>', '503', 'LHLO comes first'],
  ['LHLO x, RCPT TO:<b@b.test>', '250 503', 'RCPT before MAIL'],
  ['LHLO x, DATA', '250 503', 'DATA before MAIL'],
  ['LHLO x, MAIL FROM:<>, DATA', '250 250 503', 'no recipient (RFC 2033 4.2)'],
  ['LHLO x, MAIL FROM:<>, RCPT TO:<no@b.test>, DATA', '250 250 451 503', 'no accepted recipient'],
  ['LHLO x, MAIL FROM:<>, MAIL FROM:<>', '250 250 503', 'nested MAIL'],
  ['LHLO x, MAIL FROM:<>, RSET, MAIL FROM:<>', '250 250 250 250', 'RSET ends a transaction'],
  ['LHLO x, MAIL FROM:<>, LHLO x, RCPT TO:<b@b.test>', '250 250 250 503', 'so does LHLO'],
  ['LHLO x, MAIL FROM:<>, NOOP, RCPT TO:<b@b.test>', '250 250 250 250', 'NOOP does not'],
  ['EHLO x, HELO x, FROB, VRFY bob, HELP', '500 500 500 252 214', 'other commands'],
  ['LHLO x, MAIL FROM:<a@a.test> FROB=1', '250 555', 'an unknown parameter'],
  ['LHLO x, MAIL FROM:<a@a.test> BODY=BINARYMIME', '250 555', 'not without CHUNKING'],
  ['LHLO x, MAIL FROM:<a@a.test> AUTH=<>', '250 555', 'AUTH is not offered'],
  ['LHLO x, MAIL FROM:<>, RCPT TO:<b@b.test> FROB', '250 250 555', 'an unknown parameter of RCPT'],
] as const) {
  test(`${commands}: ${expected}, ${why}`, async (t) => {
    const { client, receiver } = await talk(t);
    receiver.acceptReply = (path) => (path.startsWith('no') ? { code: 451, lines: ['4.4.0 not here'] } : ok);
    await client.send(`${commands.replaceAll(', ', '\r\n')}\r\nQUIT\r\n`);
    assert.equal(codes(await client.hearAll()), `${expected} 221`);
  });
}

for (const [offer, keywords, refused, accepted] of [
  [{ eightBitMime: false }, 'SMTPUTF8 DSN REQUIRETLS SIZE', 'BODY=8BITMIME', 'SMTPUTF8'],
  [{ smtpUtf8: false }, '8BITMIME DSN REQUIRETLS SIZE', 'SMTPUTF8', 'BODY=8BITMIME'],
  [{ dsn: false }, '8BITMIME SMTPUTF8 REQUIRETLS SIZE', 'RET=FULL', 'SIZE=99999999999'],
  [{ requireTls: false }, '8BITMIME SMTPUTF8 DSN SIZE', 'REQUIRETLS', 'RET=HDRS'],
  [{ maxMessageBytes: undefined }, '8BITMIME SMTPUTF8 DSN REQUIRETLS', 'SIZE=1', 'requiretls'],
  [{ maxMessageBytes: 5000 }, '8BITMIME SMTPUTF8 DSN REQUIRETLS SIZE 5000', 'SIZE=5001', 'SIZE=5000'],
] as const) {
  test(`offered ${keywords}: ${refused} is refused, ${accepted} is not`, async (t) => {
    const receiver = new FakeReceiver();
    receiver.offer = { ...everything, ...offer };
    const { client } = await talk(t, 20_000, receiver);
    const [, , , ...offered] = (await client.ask('LHLO x')).split('\n').map((line) => line.slice(4));
    assert.equal(offered.join(' '), keywords);
    assert.match(await client.ask(`MAIL FROM:<a@a.test> ${refused}`), /^55(5 5\.5|2 5\.3)\.4 /);
    assert.equal(await client.ask(`MAIL FROM:<a@a.test> ${accepted}`), '250 2.1.0 Ok');
  });
}

test('recipient 1001 has to wait', async (t) => {
  const { client, receiver } = await talkAfterRcpt(t);
  await client.send(`${'RCPT TO:<c@b.test>\r\n'.repeat(1000)}DATA\r\n.\r\n`);
  const replies = await client.hearMany(1001);
  assert.equal(replies[999], '452 4.5.3 too many recipients');
  assert.equal(codes(replies.slice(997)), '250 250 452 354');
  assert.equal(codes(await client.hearMany(1000)), Array(1000).fill('250').join(' '));
  assert.equal(receiver.envelopes[0]?.recipients.length, 1000);
});

for (const [bytes, reply, why] of [
  ['NOOP\nQUIT\r\n', '500 5.5.2 bare <LF> in a command (RFC 5321 section 2.3.8)', 'bare LF'],
  ['x'.repeat(5000), '500 5.5.2 command line too long', 'too long'],
] as const) {
  test(`a broken command line (${why}) is answered, and nothing after it is heard`, async (t) => {
    const { client } = await talk(t);
    await client.send(bytes);
    assert.deepEqual(await client.hearAll(), [reply]);
  });
}

test('a client that says nothing is told 421', async (t) => {
  const { client } = await talk(t, 20);
  assert.deepEqual(await client.hearAll(), ['421 4.4.2 nothing heard for too long']);
});

test('a client that ends its side after its last command still gets the answers', async (t) => {
  const { client, over } = await talk(t);
  await client.send('LHLO x\r\nNOOP\r\n');
  client.connection.end();
  assert.equal(codes(await client.hearAll()), '250 250');
  await over;
});

test('a receiver that cannot begin ends the conversation with its reply', async (t) => {
  const { client, receiver } = await talk(t);
  receiver.ending = { code: 421, lines: ['4.4.1 no exchanger'] };
  await client.send('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n');
  assert.deepEqual((await client.hearAll()).slice(1), ['421 4.4.1 no exchanger']);
});

test('who cannot be served is turned away with one reply', async (t) => {
  const options = { name: 'aaa.onion', log: createRecordingLog(), idleMs: 20_000 };
  const client = await openLmtp(t, (connection) => {
    void turnAway(connection, { code: 421, lines: ['4.4.1 asleep'] }, options);
  });
  assert.deepEqual(await client.hearAll(), ['421 4.4.1 asleep']);
});
