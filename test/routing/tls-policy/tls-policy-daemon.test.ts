import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { SocketmapReply } from '../../../src/protocol/socketmap.ts';
import {
  createDaemonSource,
  type DaemonAnswer,
  readReply,
} from '../../../src/routing/tls-policy/tls-policy-daemon.ts';

const domain = parseDomainName('b.test');
const none: DaemonAnswer = { kind: 'none', ttlSeconds: 60 };
const failed = (said: string): DaemonAnswer => ({
  kind: 'failed',
  why: `the policy daemon d:1 says ${said}`,
});

const replies: readonly [why: string, reply: SocketmapReply, answer: DaemonAnswer][] = [
  ['it knows no policy', { status: 'NOTFOUND', text: '' }, none],
  ['an OK without text is "not found" to Postfix', { status: 'OK', text: ' ' }, none],
  [
    'MTA-STS',
    { status: 'OK', text: 'secure match=mx.b.test servername=hostname' },
    {
      kind: 'found',
      ttlSeconds: 60,
      policy: { kind: 'mta-sts', mxNames: ['mx.b.test'], source: 'the policy daemon d:1 says secure' },
    },
  ],
  [
    'DANE',
    { status: 'OK', text: 'dane-only' },
    {
      kind: 'found',
      ttlSeconds: 60,
      policy: { kind: 'dane', source: 'the policy daemon d:1 says dane-only' },
    },
  ],
  [
    'the operator wants no authentication',
    { status: 'OK', text: 'may' },
    { kind: 'found', ttlSeconds: 60, policy: { kind: 'none' } },
  ],
  ['a failure without words', { status: 'TEMP', text: '' }, failed('TEMP')],
  ['a failure', { status: 'TIMEOUT', text: 'no \u001b[31m DNS' }, failed('TIMEOUT no ?[31m DNS')],
  ['a fault', { status: 'PERM', text: 'bad map' }, failed('PERM bad map')],
  [
    'what nobody understands',
    { status: 'OK', text: 'hello' },
    { kind: 'failed', why: 'the policy daemon d:1: it answers "hello"' },
  ],
];
for (const [why, reply, answer] of replies)
  test(`a reply: ${why}`, () => assert.deepEqual(readReply(reply, domain, 'd:1'), answer));

test('an answer is kept for a minute, a failure for seconds, and no answer is a failure', async () => {
  let nowMs = 0;
  const asked: string[] = [];
  const replyOf: SocketmapReply = { status: 'NOTFOUND', text: '' };
  const ask = createDaemonSource({
    name: 'd:1',
    cacheEntries: 10,
    now: () => nowMs,
    ask: async (name) => {
      asked.push(name);
      if (asked.length > 1) throw new OnionmxError('connect-failed', 'cannot connect to d:1: refused');
      return replyOf;
    },
  });
  assert.deepEqual(await ask(domain), none);
  nowMs = 59_999;
  assert.deepEqual(await ask(domain), { ...none, ttlSeconds: 1 });
  nowMs = 60_000;
  const why = 'the policy daemon d:1: cannot connect to d:1: refused';
  assert.deepEqual(await ask(domain), { kind: 'failed', why });
  nowMs += 4999;
  await ask(domain);
  assert.deepEqual(asked, ['b.test', 'b.test']);
});
