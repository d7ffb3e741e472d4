import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { combinePolicies, createTlsPolicyAsker } from '../../../src/routing/tls-policy/ask-tls-policy.ts';
import type { TlsPolicy } from '../../../src/routing/tls-policy/tls-policy.ts';
import type { DaemonAnswer } from '../../../src/routing/tls-policy/tls-policy-daemon.ts';
import type { DaneAnswer } from '../../../src/routing/tls-policy/tls-policy-dane.ts';
import { createRecordingLog } from '../../recording-log.ts';

const domain = parseDomainName('b.test');
const found: DaneAnswer = { kind: 'found', mxName: 'mx.b.test', ttlSeconds: 60 };
const noDane: DaneAnswer = { kind: 'none', ttlSeconds: 60 };
const daneFails: DaneAnswer = { kind: 'failed', why: 'MX of b.test: SERVFAIL' };
const dane: TlsPolicy = { kind: 'dane', source: 'TLSA records of mx.b.test' };
const mtaSts: TlsPolicy = { kind: 'mta-sts', mxNames: ['mx.b.test'], source: 's' };
const none: TlsPolicy = { kind: 'none' };
const unknown: TlsPolicy = { kind: 'unknown', why: 'whether it has MTA-STS: SERVFAIL' };
const daneUnknown: TlsPolicy = { kind: 'unknown', why: 'whether it has DANE: MX of b.test: SERVFAIL' };

const combinations: readonly [why: string, dane: DaneAnswer, mtaSts: TlsPolicy, policy: TlsPolicy][] = [
  ['DANE comes first (RFC 8461 §2)', found, mtaSts, dane],
  ['DANE, whatever there is of MTA-STS', found, unknown, dane],
  ['MTA-STS alone', noDane, mtaSts, mtaSts],
  ['neither', noDane, none, none],
  ['MTA-STS while the DANE questions fail', daneFails, mtaSts, mtaSts],
  ['no MTA-STS, and it may have DANE', daneFails, none, daneUnknown],
  ['no DANE, and it may have MTA-STS', noDane, unknown, unknown],
  ['nothing is known', daneFails, unknown, unknown],
];
for (const [why, byDane, byMtaSts, policy] of combinations)
  test(`together: ${why}`, () => assert.deepEqual(combinePolicies(byDane, byMtaSts), policy));

interface Said {
  readonly daemon?: DaemonAnswer;
  readonly dane?: DaneAnswer;
}

function open({ daemon, dane: byDane = found }: Said, timeoutMs = 10_000) {
  const asked: string[] = [];
  const log = createRecordingLog();
  const note = <T>(who: string, answer: T) => {
    asked.push(who);
    return Promise.resolve(answer);
  };
  const ask = createTlsPolicyAsker({
    askDaemon: daemon === undefined ? undefined : () => note('daemon', daemon),
    askDane: () => note('dane', byDane),
    askMtaSts: () => note('mta-sts', mtaSts),
    timeoutMs,
    log,
  });
  return { ask, asked, log };
}

test('without a daemon, DNS is asked for both', async () => {
  const { ask, asked } = open({});
  assert.deepEqual(await ask(domain), dane);
  assert.deepEqual(asked, ['dane', 'mta-sts']);
});

const daemons: readonly [why: string, said: Said, policy: TlsPolicy, asked: readonly string[]][] = [
  [
    'its word is the last, since it is what Postfix goes by',
    { daemon: { kind: 'found', policy: none, ttlSeconds: 60 } },
    none,
    ['daemon'],
  ],
  [
    'where it knows nothing, Postfix may go by DANE',
    { daemon: { kind: 'none', ttlSeconds: 60 } },
    dane,
    ['daemon', 'dane'],
  ],
  ['nor by DANE', { daemon: { kind: 'none', ttlSeconds: 60 }, dane: noDane }, none, ['daemon', 'dane']],
  [
    'and DNS fails',
    { daemon: { kind: 'none', ttlSeconds: 60 }, dane: daneFails },
    daneUnknown,
    ['daemon', 'dane'],
  ],
  [
    'it does not answer',
    { daemon: { kind: 'failed', why: 'TEMP' } },
    { kind: 'unknown', why: 'TEMP' },
    ['daemon'],
  ],
];
for (const [why, said, policy, expected] of daemons) {
  test(`with a daemon: ${why}`, async () => {
    const { ask, asked } = open(said);
    assert.deepEqual(await ask(domain), policy);
    assert.deepEqual(asked, expected);
  });
}

test('names under .onion have no such policy, and are asked of nobody', async () => {
  const { ask, asked } = open({});
  assert.deepEqual(await ask(parseDomainName('a.onion')), none);
  assert.deepEqual(asked, []);
});

test('nobody waits for ever', async () => {
  const ask = createTlsPolicyAsker({
    askDaemon: undefined,
    askDane: () => new Promise(() => {}),
    askMtaSts: async () => none,
    timeoutMs: 10,
    log: createRecordingLog(),
  });
  assert.deepEqual(await ask(domain), { kind: 'unknown', why: 'no answer within 0.01 s' });
});

test('a fault of ours is told, and nothing is known then', async () => {
  const log = createRecordingLog();
  const ask = createTlsPolicyAsker({
    askDaemon: undefined,
    askDane: () => Promise.reject(new Error('boom')),
    askMtaSts: async () => none,
    timeoutMs: 1000,
    log,
  });
  assert.deepEqual(await ask(domain), { kind: 'unknown', why: 'unexpected failure: boom' });
  assert.deepEqual(
    log.lines.map(({ level, event }) => [level, event]),
    [['error', 'cannot find out about the TLS policy of a domain']],
  );
});
