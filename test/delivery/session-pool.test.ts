import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PoolLimits } from '../../src/delivery/pool-limits.ts';
import type { Session } from '../../src/delivery/session.ts';
import { SessionPool } from '../../src/delivery/session-pool.ts';
import { OnionmxError } from '../../src/errors.ts';
import { type Exchanger, formatExchanger } from '../../src/protocol/exchanger.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import {
  answerWith,
  connectToExchanger,
  type ExchangerServer,
  hangUp,
  waitUntil,
} from './exchanger-server.ts';
import { cutText, makeBody, makeEnvelope, makeText, transact } from './exchanger-session.ts';
import { createGate } from './gate.ts';

const [first, second] = [makeExchanger(1), makeExchanger(2)];
const pipelined = ['PIPELINING', 'CHUNKING'];
const envelope = makeEnvelope('b@x.test');
const ok = ['250 2.0.0 Ok: queued as Q1'];

type Rules = Parameters<typeof connectToExchanger>[1];

/** `rulesOf` is asked for each connection; an error is what dialling ends with. */
function openPool(
  t: TestContext,
  limits: Partial<PoolLimits> = {},
  rulesOf: (exchanger: Exchanger, count: number) => Rules | OnionmxError | Promise<Rules> = () => ({}),
) {
  const servers: { readonly name: string; readonly server: ExchangerServer }[] = [];
  const log = createRecordingLog();
  let dialled = 0;
  const pool = new SessionPool({
    dialExchanger: async (exchanger) => {
      const rules = await rulesOf(exchanger, ++dialled);
      if (rules instanceof OnionmxError) throw rules;
      const { connection, server } = await connectToExchanger(t, { offers: pipelined, ...rules });
      servers.push({ name: formatExchanger(exchanger), server });
      return connection;
    },
    orderExchangers: (set) => set,
    heloName: '[127.0.0.1]',
    limits,
    log,
  });
  t.after(() => pool.stop());
  const countOf = (exchanger: Exchanger) =>
    servers.filter(({ name }) => name === formatExchanger(exchanger)).length;
  const server = (index: number) => servers[index]?.server ?? assert.fail('no such server');
  return { pool, log, servers, server, countOf, dialled: () => dialled };
}

const isOff = new OnionmxError('onion-no-descriptor', 'it is off');

/** Whether it is settled, once everything else that can happen has. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  return !isSettled;
}

test('a session is used again, and what was sent is as on a new one', async (t) => {
  const { pool, servers, server } = openPool(t);
  for (const queueId of ['Q1', 'Q2', 'Q3']) {
    const session = await pool.acquire([first]);
    assert.equal(session.exchanger, first);
    const sent = await transact(session, envelope, makeBody('x\r\n'));
    assert.deepEqual(sent, [`250 2.0.0 Ok: queued as ${queueId}`]);
    pool.release(session);
  }
  assert.equal(servers.length, 1);
  assert.deepEqual([server(0).messages.length, server(0).violations], [3, []]);
});

test('given back twice is given back once', async (t) => {
  const { pool } = openPool(t);
  const session = await pool.acquire([first]);
  pool.release(session);
  pool.release(session);
  const [one, other] = [await pool.acquire([first]), await pool.acquire([first])];
  await transact(one, envelope, makeBody('x\r\n'));
  assert.deepEqual(await transact(other, envelope, makeBody('x\r\n')), ok);
});

test('so many with each exchanger; the next wait in line, in their order', async (t) => {
  const { pool, countOf } = openPool(t, { perExchanger: 2 });
  const held = [await pool.acquire([first]), await pool.acquire([first])];
  const order: string[] = [];
  const [third, fourth] = ['third', 'fourth'].map((name) =>
    pool.acquire([first]).then((session) => {
      order.push(name);
      return session;
    }),
  );
  assert.ok(third !== undefined && fourth !== undefined);
  assert.ok(await isWaiting(third));
  for (const session of held) pool.release(session);
  await Promise.all([third, fourth]);
  assert.deepEqual([order, countOf(first)], [['third', 'fourth'], 2]);
});

test('who waits is told when it was in vain, and that others may still have their turn', async (t) => {
  const { pool } = openPool(t, { perExchanger: 1, lineMs: 20 });
  const session = await pool.acquire([first]);
  await assert.rejects(pool.acquire([first]), { code: 'exchanger-busy', status: '4.4.5', permanent: false });
  pool.release(session);
  pool.release(await pool.acquire([first]));
});

test('a session that ends while others wait is replaced', async (t) => {
  const { pool, server, countOf } = openPool(t, { perExchanger: 1 });
  const session = await pool.acquire([first]);
  const waiting = pool.acquire([first]);
  server(0).hangUp();
  await waitUntil(() => !session.isUsable);
  pool.release(session);
  assert.deepEqual(await transact(await waiting, envelope, makeBody('x\r\n')), ok);
  assert.equal(countOf(first), 2);
});

test('an exchanger that takes no more has what it took; the rest waits for those', async (t) => {
  const { pool, countOf } = openPool(t, {}, (_, count) =>
    count > 2 ? { banner: '421 4.7.0 too many connections' } : {},
  );
  const held = [await pool.acquire([first]), await pool.acquire([first])];
  const more = [pool.acquire([first]), pool.acquire([first])] as const;
  await waitUntil(() => countOf(first) >= 3);
  assert.ok(await isWaiting(Promise.race(more)));
  for (const session of held) pool.release(session);
  const taken = await Promise.all(more);
  const dialledThen = countOf(first);
  const next = pool.acquire([first]);
  assert.ok(await isWaiting(next));
  assert.equal(countOf(first), dialledThen, 'no more are tried for now');
  for (const session of taken) pool.release(session);
  pool.release(await next);
});

test('when none can be opened nobody waits any longer', async (t) => {
  const { pool } = openPool(t, {}, () => isOff);
  const tries = await Promise.allSettled([1, 2, 3].map(() => pool.acquire([first])));
  assert.deepEqual(
    tries.map((tried) => tried.status === 'rejected' && tried.reason.code),
    [isOff.code, isOff.code, isOff.code],
  );
});

test('the next exchanger of the set when the first takes none', async (t) => {
  const { pool, log } = openPool(t, {}, (exchanger) => (exchanger === first ? isOff : {}));
  assert.equal((await pool.acquire([first, second])).exchanger, second);
  assert.deepEqual(
    log.lines.map(({ event, fields }) => [event, fields['exchanger']]),
    [['exchanger failed', formatExchanger(first)]],
  );
});

test('so many in all: what rests makes room for another exchanger', async (t) => {
  const { pool, server, countOf } = openPool(t, { inAll: 1 });
  pool.release(await pool.acquire([first]));
  pool.release(await pool.acquire([second]));
  assert.deepEqual([countOf(first), countOf(second)], [1, 1]);
  await waitUntil(() => server(0).commands.at(-1) === 'QUIT');
});

test('a slow exchanger with many in line keeps nobody out', async (t) => {
  const { pool } = openPool(t, { inAll: 3 });
  const slow = [await pool.acquire([first]), await pool.acquire([first]), await pool.acquire([first])];
  const line = [pool.acquire([first]), pool.acquire([first])];
  const other = pool.acquire([second]);
  assert.ok(await isWaiting(other));
  pool.release(slow[0] ?? assert.fail());
  assert.equal((await other).exchanger, second, 'it came later, and has none');
  assert.ok(await isWaiting(Promise.race(line)));
  const oneMore = pool.acquire([second]);
  pool.release(slow[1] ?? assert.fail());
  await line[0];
  assert.ok(await isWaiting(oneMore), 'one or two is no reason to take one away');
});

const isLeft = ({ server }: { server: ExchangerServer }) => server.commands.at(-1) !== 'QUIT';

test('what a burst needed goes soon, and one stays longer', async (t) => {
  const { pool, servers } = openPool(t, { furtherRestMs: 10, lastRestMs: 60 });
  const sessions = [await pool.acquire([first]), await pool.acquire([first])];
  for (const session of sessions) pool.release(session);
  await waitUntil(() => servers.filter(isLeft).length <= 1);
  await waitUntil(() => servers.filter(isLeft).length === 0);
  assert.deepEqual(await transact(await pool.acquire([first]), envelope, makeBody('x\r\n')), ok);
});

test('a server has its limits: the session is left before', async (t) => {
  for (const [refusal, most] of [
    [undefined, 90],
    ['RCPT', 4],
    ['BDAT', 8],
  ] as const) {
    const answer = answerWith(refusal === undefined ? {} : { [refusal]: '550 5.7.1 no' });
    const { pool, servers, server } = openPool(t, {}, () => ({ answer }));
    for (let count = 0; count <= most; count++) {
      const session = await pool.acquire([first]);
      await transact(session, envelope, makeBody('x\r\n'));
      pool.release(session);
    }
    assert.equal(servers.length, 2, refusal);
    const mails = server(0).commands.filter((line) => line.startsWith('MAIL'));
    assert.equal(mails.length, most, refusal);
  }
});

test('what is learnt for a greeting: from an open session at once, else from one for all who ask', async (t) => {
  const opened = createGate();
  const { pool, dialled } = openPool(t, {}, async () => {
    await opened.opened;
    return { offers: ['SIZE 1000', 'STARTTLS'] };
  });
  const asking = [pool.learnOffer([first]), pool.learnOffer([first])];
  opened.open();
  for (const { maxMessageBytes, startTls, dsn } of await Promise.all(asking))
    assert.deepEqual([maxMessageBytes, startTls, dsn], [1000, true, false]);
  assert.equal(dialled(), 1);
  const session = await pool.acquire([first]);
  await pool.learnOffer([first, second]);
  assert.equal(dialled(), 1, 'also while it is busy');
  pool.release(session);
});

test('no exchanger answers: that is what is learnt, and it is asked again', async (t) => {
  const { pool, dialled } = openPool(t, {}, () => isOff);
  for (const count of [1, 2]) {
    await assert.rejects(pool.learnOffer([first]), isOff);
    assert.equal(dialled(), count);
  }
});

/** What makes a warm session dead for the second message, and what that is told. */
const deaths: readonly [why: string, rules: Rules, text: string, isRepeated: boolean][] = [
  ['421 in place of the first reply', { answer: secondMail('421 4.4.2 timeout exceeded') }, 'x\r\n', true],
  ['lost before any reply, the whole message under way', { answer: secondMail(hangUp) }, 'x\r\n', false],
  [
    'lost before any reply, the end of it not sent',
    { answer: secondMail(hangUp) },
    makeText(8_000_000),
    true,
  ],
  [
    'lost before any reply, nothing of it sent',
    { answer: secondMail(hangUp), offers: ['PIPELINING'] },
    'x\r\n',
    true,
  ],
  ['lost in the middle', { answer: secondMail(hangUp, 'RCPT'), offers: ['PIPELINING'] }, 'x\r\n', false],
];

function secondMail(what: string | typeof hangUp, verb = 'MAIL') {
  let count = 0;
  return (line: string) => (line.startsWith(verb) && ++count === 2 ? what : undefined);
}

for (const [why, rules, text, isRepeated] of deaths) {
  test(`a dead session: ${why}`, async (t) => {
    const { pool, servers } = openPool(t, {}, (_, count) =>
      count === 1 ? rules : { ...rules, answer: () => undefined },
    );
    for (const body of [makeBody('first\r\n'), makeBody(...cutText(text, 65_536))]) {
      const session = await pool.acquire([first]);
      const [outcome] = await transact(session, envelope, body);
      const isSecond = servers[0]?.server.messages.length === 1 && body !== undefined;
      assert.ok(outcome !== undefined && isSecond);
      if (servers[0]?.server.commands.filter((line) => line.startsWith('MAIL')).length === 2)
        assert.match(outcome, isRepeated ? /^250 .*Q1/ : /^exchanger-lost/);
      pool.release(session);
    }
    assert.equal(servers.length, isRepeated ? 2 : 1);
    if (isRepeated) assert.equal(servers[1]?.server.messages[0]?.body === text, true);
    const next: Session = await pool.acquire([first]);
    assert.ok(next.isUsable, 'and mail goes on');
    pool.release(next);
  });
}

test('a second death is the answer, and so is the first when there is no other session', async (t) => {
  for (const then of [{ answer: answerWith({ MAIL: '421 4.3.2 down' }) }, isOff]) {
    const { pool, dialled } = openPool(t, {}, (_, count) =>
      count === 1 ? { answer: answerWith({ MAIL: '421 4.3.2 down' }) } : then,
    );
    const session = await pool.acquire([first]);
    assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), ['421 4.3.2 down']);
    assert.equal(dialled(), 2);
    pool.release(session);
  }
});

test('another offer on the fresh session: the message comes again, and is made for that', async (t) => {
  const { pool, servers } = openPool(t, {}, (_, count) =>
    count === 1 ? { answer: answerWith({ MAIL: '421 4.3.2 down' }) } : { offers: ['PIPELINING'] },
  );
  const session = await pool.acquire([first]);
  assert.deepEqual(await transact(session, envelope, makeBody('x\r\n')), ['421 4.3.2 down']);
  assert.deepEqual([servers.length, servers[1]?.server.messages], [2, []]);
});

test('the end of all: those at rest say QUIT, the others are cut off, and who waits is told', async (t) => {
  const { pool, server } = openPool(t, { perExchanger: 2 });
  const [resting, busy] = [await pool.acquire([first]), await pool.acquire([first])];
  pool.release(resting);
  const waiting = [await pool.acquire([first]), pool.acquire([first])] as const;
  pool.release(busy);
  await waiting[1];
  pool.release(waiting[0]);
  const inLine = [await pool.acquire([first]), pool.acquire([first])] as const;
  const told = assert.rejects(inLine[1], { code: 'exchanger-busy' });
  await pool.stop();
  await told;
  assert.equal(inLine[0].isUsable, false);
  await assert.rejects(pool.acquire([first]), { code: 'exchanger-busy' });
  assert.ok(!server(0).commands.includes('QUIT') || !server(1).commands.includes('QUIT'));
});
