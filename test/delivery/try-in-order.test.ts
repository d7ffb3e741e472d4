import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryInOrder } from '../../src/delivery/try-in-order.ts';
import { OnionmxError } from '../../src/errors.ts';
import { type Exchanger, formatExchanger } from '../../src/protocol/exchanger.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';

const [first, second, third] = [makeExchanger(1), makeExchanger(2), makeExchanger(3)];
const [nameOfFirst, nameOfSecond] = [formatExchanger(first), formatExchanger(second)];

/** Tries them; those of the map fail. */
function tryAll(
  exchangers: readonly Exchanger[],
  failures: ReadonlyMap<Exchanger, Error> = new Map(),
  timeMs = 20_000,
) {
  const log = createRecordingLog();
  const attempt = (exchanger: Exchanger) => {
    const failure = failures.get(exchanger);
    return failure === undefined ? Promise.resolve(exchanger) : Promise.reject(failure);
  };
  return { log, result: tryInOrder({ exchangers, attempt, timeMs, log }) };
}

const off = new OnionmxError('onion-no-descriptor', `${nameOfFirst} is off`, { hint: 'look' });
const busy = new OnionmxError('exchanger-refused', `${nameOfSecond} refuses the session: 421 4.7.0 busy`);

test('the first that succeeds, in the order given, and a line for each that did not', async () => {
  const failures = new Map([
    [first, off],
    [second, busy],
  ]);
  const { log, result } = tryAll([first, second, third], failures);
  assert.equal(await result, third);
  assert.deepEqual(
    log.lines.map(({ level, event, fields }) => [level, event, fields['exchanger'], fields['reason']]),
    [
      ['info', 'exchanger failed', nameOfFirst, off.message],
      ['info', 'exchanger failed', nameOfSecond, busy.message],
    ],
  );
});

test('a single one fails with its own failure', async () => {
  await assert.rejects(tryAll([first], new Map([[first, off]])).result, off);
});

const noTor = new OnionmxError('tor-unreachable', 'cannot reach Tor');
const rows: readonly [
  why: string,
  failures: readonly Error[],
  timeMs: number,
  code: string,
  message: string,
][] = [
  [
    'the last failure, with the other reasons in its text',
    [off, busy],
    20_000,
    'exchanger-refused',
    `${busy.message}; before that: ${off.message}`,
  ],
  ['one reason for all is said once', [noTor, noTor], 20_000, 'tor-unreachable', 'cannot reach Tor'],
  [
    'when the time is over the rest is not tried, and said so',
    [off, busy, busy],
    -1,
    'onion-no-descriptor',
    `${off.message}; no time was left for 2 more of its exchangers`,
  ],
  ['what nobody foresaw is a bug', [new TypeError('oops')], 20_000, 'bug', 'unexpected failure: oops'],
  ['so is an empty order', [], 20_000, 'bug', 'there is no exchanger to try'],
];

for (const [why, failures, timeMs, code, message] of rows) {
  test(`all fail: ${why}`, async () => {
    const exchangers = [first, second, third].slice(0, failures.length);
    const failureOf = new Map(exchangers.map((exchanger, index) => [exchanger, failures[index] ?? off]));
    await assert.rejects(tryAll(exchangers, failureOf, timeMs).result, { code, message, permanent: false });
  });
}
