import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openOutage } from '../../src/commands/open-outage.ts';
import { openSessions } from '../../src/commands/open-sessions.ts';
import { socksOf } from '../../src/commands/socks-of.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { Decision } from '../../src/routing/route.ts';
import { torPathsIn } from '../../src/tor/torrc.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { startFakeTor } from './fake-tor.ts';
import { makeConfig } from './made-up-config.ts';

const set: ExchangerSet = [makeExchanger(1), makeExchanger(2, { priority: 10 })];
const [first, second] = set.map(({ onionAddress }) => `${onionAddress}:25`);
const decision: Decision = { route: { kind: 'onion', exchangers: set, evidence: 'dns' }, steps: [] };
const timeoutMs = 20_000;

async function prepare(t: TestContext, far: Parameters<typeof startFakeTor>[2]) {
  const { config } = makeConfig(t, () => ({ outage: { clearNetAfterMs: 1, tryEveryMs: 1 } }));
  const tor = await startFakeTor(t, torPathsIn(join(config.stateFolder, 'tor')).socks, far);
  const log = createRecordingLog();
  const outage = openOutage(config, log) ?? assert.fail('the setting is in use');
  t.after(() => outage.stop());
  const sessions = outage.observe(openSessions(config, socksOf(config), log));
  const kindNow = () => outage.applyOutage(parseDomainName('a.test'), decision).route.kind;
  const deliver = () =>
    sessions.acquire(set).then(
      (session) => sessions.release(session),
      () => {},
    );
  return { tor, log, kindNow, deliver };
}

test('never everywhere: nothing is watched', (t) => {
  const never = {
    clearNetAfterMs: 'never',
    clearNetAfterMsFor: [{ domain: 'a.test', clearNetAfterMs: 'never' }],
  };
  const { config } = makeConfig(t, () => ({ outage: never }));
  assert.equal(openOutage(config, createRecordingLog()), undefined);
});

test('both exchangers are off, and Tor says so: clear net; one is on again: the onion, without a delivery', async (t) => {
  const far: Record<string, Parameters<typeof startFakeTor>[2][string]> = {};
  const { log, kindNow, deliver } = await prepare(t, far);
  assert.equal(kindNow(), 'onion');
  await deliver();
  await waitFor('the clear net', () => kindNow() === 'clearnet', timeoutMs);
  far[second ?? ''] = {};
  await waitFor('the onion', () => kindNow() === 'onion', timeoutMs);
  assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
});

test('the second exchanger takes a session: nothing begins', async (t) => {
  const { tor, kindNow, deliver } = await prepare(t, { [first ?? '']: 0xf2, [second ?? '']: {} });
  await deliver();
  assert.equal(kindNow(), 'onion');
  assert.equal(tor.asked.length, 2, 'nobody else is asked for');
});
