import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { type DomainName, parseDomainName } from '../../../src/protocol/domain-name.ts';
import { createPolicyFetcher } from '../../../src/routing/tls-policy/mta-sts-fetcher.ts';
import type { KeptPolicy } from '../../../src/routing/tls-policy/mta-sts-rule.ts';
import { createRecordingLog } from '../../recording-log.ts';

const domain = parseDomainName('b.test');
const text = 'version: STSv1\nmode: enforce\nmx: mx.b.test\nmax_age: 604800\n';

function open(get: (domain: DomainName) => Promise<Buffer>) {
  const saved: [DomainName, KeptPolicy][] = [];
  const log = createRecordingLog();
  const time = { nowMs: 0 };
  const want = createPolicyFetcher({
    get,
    files: { find: async () => undefined, save: async (name, policy) => void saved.push([name, policy]) },
    now: () => time.nowMs,
    clock: () => 1_000_000 + time.nowMs,
    log,
  });
  return { want, saved, log, time };
}

test('a policy is fetched, kept, and told', async () => {
  const { want, saved, log } = open(async () => Buffer.from(text));
  await want(domain, '7');
  const policy = {
    id: '7',
    fetchedMs: 1_000_000,
    mode: 'enforce',
    mxNames: ['mx.b.test'],
    maxAgeSeconds: 604_800,
  };
  assert.deepEqual(saved, [[domain, policy]]);
  assert.deepEqual(log.lines, [
    {
      level: 'info',
      event: 'fetched the MTA-STS policy of a domain',
      fields: { domain, mode: 'enforce', mx: ['mx.b.test'] },
    },
  ]);
});

const pauses: readonly [why: string, get: () => Promise<Buffer>, pauseMs: number, reason?: string][] = [
  ['after success', async () => Buffer.from(text), 300_000],
  [
    'after what is no policy',
    async () => Buffer.from('hello'),
    300_000,
    'it is no MTA-STS policy: what is "hello"?',
  ],
  [
    'after a failure of the server',
    async () => Promise.reject(new OnionmxError('download-failed', 'it answers 404')),
    300_000,
    'it answers 404',
  ],
  [
    'after a failure of our Tor, which may be starting',
    async () => Promise.reject(new OnionmxError('tor-unreachable', 'no Tor')),
    15_000,
    'no Tor',
  ],
];
for (const [why, get, pauseMs, reason] of pauses) {
  test(`not again at once: ${why}`, async () => {
    let tries = 0;
    const { want, log, time, saved } = open(() => {
      tries += 1;
      return get();
    });
    await want(domain, '1');
    time.nowMs = pauseMs - 1;
    await want(domain, '2');
    assert.equal(tries, 1);
    time.nowMs = pauseMs;
    await want(domain, '2');
    assert.equal(tries, 2);
    assert.equal(saved.length, reason === undefined ? 2 : 0);
    if (reason !== undefined) assert.equal(log.lines[0]?.fields['reason'], reason);
  });
}

test('four at once, each domain once, the others wait for their turn', async () => {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const { want } = open(async (name) => {
    started.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
    return Buffer.from(text);
  });
  const names = Array.from({ length: 6 }, (_, index) => parseDomainName(`b${index}.test`));
  const all = [...names, ...names].map((name) => want(name, '1'));
  await new Promise(setImmediate);
  assert.deepEqual(started, ['b0.test', 'b1.test', 'b2.test', 'b3.test']);
  for (let done = 0; done < names.length; done += 1) {
    ends.shift()?.();
    await new Promise(setImmediate);
    assert.ok(started.length - done - 1 <= 4);
  }
  await Promise.all(all);
  assert.equal(started.length, 6);
});

test('when too many wait, more are left to a later question', async () => {
  const ends: (() => void)[] = [];
  const { want } = open(async () => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return Buffer.from(text);
  });
  const fillers = Array.from({ length: 1004 }, (_, index) => want(parseDomainName(`b${index}.test`), '1'));
  await want(domain, '1'); // resolves: it was not begun
  for (let done = 0; done < fillers.length; done += 1) {
    await new Promise(setImmediate);
    ends.shift()?.();
  }
  await Promise.all(fillers);
});
