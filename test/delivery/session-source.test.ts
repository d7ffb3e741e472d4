import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSessionSource } from '../../src/delivery/session-source.ts';
import { defaultTimeoutsMs } from '../../src/net/smtp-timeouts.ts';
import { OnionmxError } from '../../src/errors.ts';
import type { Connection } from '../../src/net/connection.ts';
import { type Exchanger, formatExchanger } from '../../src/protocol/exchanger.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { answerWith, connectToExchanger } from './exchanger-server.ts';

const [first, second, third] = [makeExchanger(1), makeExchanger(2), makeExchanger(3)];
const [nameOfFirst, nameOfSecond] = [formatExchanger(first), formatExchanger(second)];

type Dial = (exchanger: Exchanger) => Promise<Connection>;

function createSource(dialOf: ReadonlyMap<Exchanger, Dial>, lastAttempt = defaultTimeoutsMs.lastAttempt) {
  const log = createRecordingLog();
  const source = createSessionSource({
    dialExchanger: (exchanger) => dialOf.get(exchanger)?.(exchanger) ?? assert.fail('not to be dialled'),
    orderExchangers: (set) => set,
    heloName: '[127.0.0.1]',
    timeoutsMs: { ...defaultTimeoutsMs, lastAttempt },
    log,
  });
  return { source, log };
}

function serve(t: TestContext, rules: Parameters<typeof connectToExchanger>[1]): Dial {
  return async () => (await connectToExchanger(t, rules)).connection;
}

const isOff: Dial = (exchanger) =>
  Promise.reject(
    new OnionmxError('onion-no-descriptor', `${formatExchanger(exchanger)} is off`, { hint: 'look' }),
  );

const noTor: Dial = () => Promise.reject(new OnionmxError('tor-unreachable', 'cannot reach Tor'));

test('the first that takes a session has it, in the order given', async (t) => {
  const dials = new Map([
    [first, isOff],
    [second, serve(t, { banner: '554 5.7.1 not here' })],
    [third, serve(t, {})],
  ]);
  const { source, log } = createSource(dials);
  const session = await source.acquire([first, second, third]);
  assert.equal(session.exchanger, third);
  const lines = log.lines.map(({ level, event, fields }) => [
    level,
    event,
    fields['exchanger'],
    fields['reason'],
  ]);
  assert.deepEqual(lines, [
    ['info', 'exchanger failed', nameOfFirst, `${nameOfFirst} is off`],
    ['info', 'exchanger failed', nameOfSecond, `${nameOfSecond} refuses the session: 554 5.7.1 not here`],
  ]);
});

test('a released session is closed', async (t) => {
  const { connection, server } = await connectToExchanger(t, {});
  const { source } = createSource(new Map([[first, () => Promise.resolve(connection)]]));
  source.release(await source.acquire([first]));
  await connection.closed;
  assert.equal(server.commands.at(-1), 'QUIT');
});

test('a single exchanger fails with its own failure', async () => {
  const { source } = createSource(new Map([[first, isOff]]));
  const expected = {
    code: 'onion-no-descriptor',
    message: `${nameOfFirst} is off`,
    hint: 'look',
    status: '4.4.4',
  };
  await assert.rejects(source.acquire([first]), expected);
});

test('all fail: the last failure, with the other reasons in its text', async (t) => {
  const refusing = serve(t, { answer: answerWith({ EHLO: '421 4.7.0 busy' }) });
  const { source } = createSource(
    new Map([
      [first, isOff],
      [second, refusing],
    ]),
  );
  await assert.rejects(source.acquire([first, second]), {
    code: 'exchanger-refused',
    message: `${nameOfSecond} refuses the session: 421 4.7.0 busy; before that: ${nameOfFirst} is off`,
  });
});

test('one reason for all is said once', async () => {
  const { source } = createSource(
    new Map([
      [first, noTor],
      [second, noTor],
    ]),
  );
  await assert.rejects(source.acquire([first, second]), {
    code: 'tor-unreachable',
    message: 'cannot reach Tor',
  });
});

test('when the time for the greeting runs out the rest is not tried, and said so', async () => {
  const { source } = createSource(new Map([[first, isOff]]), -1);
  await assert.rejects(source.acquire([first, second, third]), {
    code: 'onion-no-descriptor',
    message: `${nameOfFirst} is off; no time was left for 2 more of its exchangers`,
  });
});

test('a failure that nobody foresaw is a bug, and temporary', async () => {
  const { source } = createSource(new Map([[first, () => Promise.reject(new TypeError('oops'))]]));
  await assert.rejects(source.acquire([first]), { code: 'bug', permanent: false, message: /oops/ });
});

test('no exchanger at all is a bug of the order', async () => {
  const options = {
    dialExchanger: isOff,
    orderExchangers: () => [],
    heloName: 'x',
    log: createRecordingLog(),
  };
  await assert.rejects(createSessionSource(options).acquire([first]), { code: 'bug' });
});
