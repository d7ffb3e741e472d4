import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import { createKeyAnswerer } from '../../src/lookup/answer-key.ts';
import type { DomainName } from '../../src/protocol/domain-name.ts';
import { endpointNameOf, type ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { Route } from '../../src/routing/route.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';

const exchangers: ExchangerSet = [makeExchanger(1)];
const routes: Record<string, Route> = {
  'onion.test': { kind: 'onion', exchangers, evidence: 'dns' },
  'own.test': { kind: 'clearnet', reason: 'it is an own domain: mail stays here' },
  'broken-dns.test': { kind: 'defer', status: '4.4.3', reason: 'DNS failed\r\n(timeout)' },
  'short.onion': { kind: 'reject', status: '5.1.2', reason: `short.onion: ${'x'.repeat(600)}` },
};

function createAnswerer(nexthopFor = nameEndpoint) {
  const world = { nowMs: 0, isFleeting: false };
  const asked: DomainName[] = [];
  const log = createRecordingLog();
  const route = (domain: DomainName) => {
    asked.push(domain);
    const found = routes[domain];
    return found === undefined
      ? Promise.reject(new Error(`no route for ${domain}`))
      : Promise.resolve({ route: found, steps: [], isFleeting: world.isFleeting });
  };
  return { answer: createKeyAnswerer({ route, nexthopFor, now: () => world.nowMs, log }), asked, log, world };
}

function nameEndpoint(set: ExchangerSet): Promise<string> {
  return Promise.resolve(`onion:unix:onionmx/${endpointNameOf(set)}`);
}

test('an onion route is the nexthop', async () => {
  const { answer, asked } = createAnswerer();
  const value = `onion:unix:onionmx/${makeOnionAddress(1)}`;
  assert.deepEqual(await answer('bob@onion.test'), { kind: 'found', value });
  assert.deepEqual(asked, ['onion.test']);
});

test('a clear-net route is not found', async () => {
  const { answer } = createAnswerer();
  const reason = 'it is an own domain: mail stays here';
  assert.deepEqual(await answer('bob@own.test'), { kind: 'not-found', reason });
});

test('a deferred domain is deferred alone, by a found value of one line', async () => {
  const { answer } = createAnswerer();
  const value = 'retry:4.4.3 DNS failed (timeout)';
  assert.deepEqual(await answer('bob@broken-dns.test'), { kind: 'found', value });
});

test('a refused domain is refused with its reason, cut to fit an SMTP reply', async () => {
  const { answer } = createAnswerer();
  const value = `error:5.1.2 short.onion: ${'x'.repeat(384)}...`;
  assert.deepEqual(await answer('bob@short.onion'), { kind: 'found', value });
});

test('keys without a domain are not found, and nobody is asked', async () => {
  const { answer, asked } = createAnswerer();
  for (const key of ['*', '', '<>', 'postmaster', 'bob@[192.0.2.1]', 'bob@b_c.test']) {
    assert.equal((await answer(key)).kind, 'not-found', key);
  }
  assert.deepEqual(asked, []);
});

test('what is under .onion and no name is refused, and nobody is asked', async () => {
  const { answer, asked } = createAnswerer();
  assert.deepEqual(await answer('bob@a_b.onion'), {
    kind: 'found',
    value: 'error:5.1.2 "a_b.onion" is no domain name: the label "a_b" is not allowed',
  });
  assert.deepEqual(asked, []);
});

test('each lookup is one line at debug, with the domain and never with the local part', async () => {
  const { answer, log } = createAnswerer();
  await answer('bob@own.test');
  await answer('bob');
  const reason = 'it is an own domain: mail stays here';
  assert.deepEqual(log.lines, [
    { level: 'debug', event: 'lookup', fields: { domain: 'own.test', answer: 'not-found', reason } },
    { level: 'debug', event: 'lookup', fields: { answer: 'not-found', reason: 'it holds no domain' } },
  ]);
});

test('our own failure is "try again", with a warning', async () => {
  const failure = new OnionmxError('listen-failed', 'cannot listen on unix:/x: no space\nleft');
  const { answer, log } = createAnswerer(() => Promise.reject(failure));
  assert.deepEqual(await answer('bob@onion.test'), {
    kind: 'try-again',
    reason: 'onionmx: cannot listen on unix:/x: no space left',
  });
  const fields = { domain: 'onion.test', code: 'listen-failed', place: 'host', reason: failure.message };
  assert.deepEqual(log.lines, [{ level: 'warn', event: 'a lookup failed: the MTA tries again', fields }]);
});

test('a failure that nobody foresaw is "try again" too', async () => {
  const { answer } = createAnswerer();
  assert.deepEqual(await answer('bob@unforeseen.test'), {
    kind: 'try-again',
    reason: 'onionmx: unexpected failure: no route for unforeseen.test',
  });
});

test('within a second the same answer is given at once, and the route is not asked again', async () => {
  const { answer, asked, world } = createAnswerer();
  const first = await answer('bob@onion.test');
  assert.equal(answer('bob@onion.test'), first, 'the very answer, and no promise of one');
  world.nowMs = 999;
  assert.equal(answer('bob@onion.test'), first);
  world.nowMs = 1000;
  assert.deepEqual(await answer('bob@onion.test'), first);
  assert.deepEqual(asked, ['onion.test', 'onion.test']);
});

test('what has no time to live, and what has failed, is asked again each time', async () => {
  const { answer, asked, world } = createAnswerer();
  world.isFleeting = true;
  await answer('bob@onion.test');
  await answer('bob@onion.test');
  await answer('bob@unknown.test');
  await answer('bob@unknown.test');
  assert.deepEqual(asked, ['onion.test', 'onion.test', 'unknown.test', 'unknown.test']);
});
