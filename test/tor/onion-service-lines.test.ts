import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onionServiceLines } from '../../src/tor/onion-service-lines.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeOnionService } from './made-up-service.ts';

const service = makeOnionService({ folder: '/var/lib/onionmx/onion/mail' });

test('all that tor is told of an onion service', () => {
  assert.deepEqual(onionServiceLines(service, true), [
    'HiddenServiceDir "/var/lib/onionmx/onion/mail"',
    'HiddenServicePort 25 127.0.0.1:2515',
    'HiddenServiceExportCircuitID haproxy',
    'HiddenServiceMaxStreams 50',
    'HiddenServiceMaxStreamsCloseCircuit 1',
    'HiddenServicePoWDefensesEnabled 1',
    'HiddenServicePoWQueueRate 25',
    'HiddenServicePoWQueueBurst 250',
  ]);
});

for (const [why, hasModule, proofOfWork] of [
  ['a tor that has none', false, true],
  ['not wanted', true, false],
] as const) {
  test(`without proof of work, introduction points limit: ${why}`, () => {
    assert.deepEqual(onionServiceLines({ ...service, proofOfWork }, hasModule).slice(5), [
      'HiddenServiceEnableIntroDoSDefense 1',
      'HiddenServiceEnableIntroDoSRatePerSec 25',
      'HiddenServiceEnableIntroDoSBurstPerSec 250',
    ]);
  });
}

test('an instance of Onionbalance: no proof of work, since its descriptor asks for none', () => {
  const lines = onionServiceLines({ ...service, onionbalance: makeOnionAddress(2) }, true);
  assert.deepEqual(lines.slice(5), [
    'HiddenServiceEnableIntroDoSDefense 1',
    'HiddenServiceEnableIntroDoSRatePerSec 25',
    'HiddenServiceEnableIntroDoSBurstPerSec 250',
    'HiddenServiceOnionBalanceInstance 1',
  ]);
});

for (const [target, written] of [
  [{ kind: 'unix', path: '/run/a "b"\\c' }, String.raw`unix:"/run/a \"b\"\\c"`],
  [{ kind: 'tcp', host: '::1', port: 2515 }, '[::1]:2515'],
] as const) {
  test(`the target ${written}`, () => {
    assert.equal(onionServiceLines({ ...service, target }, true)[1], `HiddenServicePort 25 ${written}`);
  });
}
