import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ReceivingTor } from '../../src/tor/receiving-tor.ts';
import { openServiceTraffic, readServiceTraffic } from '../../src/tor/service-traffic.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import type { OnionService } from '../../src/tor/onion-service-lines.ts';
import { makeOnionService } from './made-up-service.ts';

const onionAddress = makeOnionAddress(1);
const label = onionAddress.slice(0, 56);
const published = `HS_DESC UPLOADED ${label} UNKNOWN $A0B1~relay0`;
const client = `CIRC 49 BUILT $A~b PURPOSE=HS_SERVICE_REND REND_QUERY=${label}`;

const now = () => new Date(0);

function prepare(t: TestContext, modules: string, change: Partial<OnionService> = {}) {
  const parent = makeTemporaryFolder(t);
  const program = join(parent, 'tor');
  writeFileSync(program, `#!/bin/sh\necho "${modules}"\n`, { mode: 0o755 });
  const file = join(parent, 'clients.json');
  const log = createRecordingLog();
  const folder = join(parent, 'onion', 'mail');
  const options = {
    services: [makeOnionService({ folder, ...change })],
    openTraffic: () => openServiceTraffic({ file, now, writeEveryMs: 3_600_000, log }),
  };
  const read = () => readServiceTraffic(file, log);
  return { receiving: new ReceivingTor(options, log), program, folder, log, read };
}

test('a tor that only sends: no lines, no events, no folders', async () => {
  const log = createRecordingLog();
  const receiving = new ReceivingTor(undefined, log);
  assert.deepEqual([await receiving.prepare('/nonexistent'), receiving.eventNames], [[], []]);
  await receiving.announce();
  receiving.note(published);
  receiving.note('STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=1 TAG=a SUMMARY="b"');
  await receiving.close();
});

test('each service is announced with its address; its publication once a life of tor; its clients are counted', async (t) => {
  const { receiving, program, folder, log, read } = prepare(t, 'pow: yes');
  assert.deepEqual(receiving.eventNames, ['CIRC', 'HS_DESC']);
  for (let life = 1; life <= 2; life++) {
    const lines = await receiving.prepare(program);
    assert.ok(lines.includes('HiddenServicePoWDefensesEnabled 1'));
    writeFileSync(join(folder, 'hostname'), `${onionAddress}\n`);
    await receiving.announce();
    for (const text of [published, published, client]) receiving.note(text);
  }
  await receiving.close();
  const life = [
    ['info', 'onion service', { name: 'mail', onionAddress, port: 25, target: '127.0.0.1:2515' }],
    ['info', 'onion service is published', { onionAddress }],
  ];
  assert.deepEqual(
    log.lines.map(({ level, event, fields }) => [level, event, fields]),
    [...life, ...life],
  );
  assert.equal((await read())[onionAddress]?.circuits, 2);
});

test('a tor without proof of work: one warning, and lines that it knows', async (t) => {
  const { receiving, program, log } = prepare(t, 'relay: yes');
  for (let life = 1; life <= 3; life++) {
    const lines = await receiving.prepare(program);
    assert.ok(lines.includes('HiddenServiceEnableIntroDoSDefense 1'));
    assert.ok(!lines.join().includes('PoW'));
  }
  await receiving.close();
  assert.deepEqual(
    log.lines.map(({ level, event }) => [level, event]),
    [['warn', 'this tor has no proof of work: floods are turned away by number alone']],
  );
});

for (const [why, change] of [
  ['it is not wanted', { proofOfWork: false }],
  ['clients come by Onionbalance', { onionbalance: onionAddress }],
] as const) {
  test(`no warning when ${why}`, async (t) => {
    const { receiving, program, log } = prepare(t, 'relay: yes', change);
    await receiving.prepare(program);
    await receiving.close();
    assert.deepEqual(log.lines, []);
  });
}

test('a folder that cannot be made', async (t) => {
  const { receiving, program, folder } = prepare(t, 'pow: yes');
  mkdirSync(join(folder, '..'));
  writeFileSync(folder, 'in the way');
  await assert.rejects(receiving.prepare(program), { code: 'EEXIST' });
});
