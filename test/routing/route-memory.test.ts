import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { openRouteMemory } from '../../src/routing/route-memory.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const [one, other] = [parseDomainName('one.test'), parseDomainName('other.test')];

test('what was remembered is there after a restart; what was forgotten is not', async (t) => {
  const file = join(makeTemporaryFolder(t), 'memory.json');
  const log = createRecordingLog();
  const memory = await openRouteMemory(file, log);
  memory.remember(one, [makeExchanger(1), makeExchanger(2, { priority: 10 })]);
  memory.remember(other, [makeExchanger(3)]);
  memory.forget(other);
  await memory.flush();
  const again = await openRouteMemory(file, log);
  assert.deepEqual(again.find(one), [makeExchanger(1), makeExchanger(2, { priority: 10 })]);
  assert.equal(again.find(other), undefined);
  assert.deepEqual(log.lines, []);
});

test('changes that come during a write are written too', async (t) => {
  const file = join(makeTemporaryFolder(t), 'memory.json');
  const memory = await openRouteMemory(file, createRecordingLog());
  for (let number = 1; number <= 50; number++) {
    memory.remember(one, [makeExchanger(number)]);
    if (number % 10 === 0) await memory.flush();
  }
  memory.remember(other, [makeExchanger(9)]);
  await memory.flush();
  const again = await openRouteMemory(file, createRecordingLog());
  assert.deepEqual([again.find(one), again.find(other)], [[makeExchanger(50)], [makeExchanger(9)]]);
});

for (const [name, content] of Object.entries({
  'an onion address with a wrong checksum': {
    'one.test': [{ ...makeExchanger(1), onionAddress: `${'a'.repeat(55)}d.onion` }],
  },
  'an empty set': { 'one.test': [] },
  'a port out of range': { 'one.test': [makeExchanger(1, { port: 65_536 })] },
  'a name that is no domain': { 'one..test': [makeExchanger(1)] },
})) {
  test(`a file with ${name} is not believed`, async (t) => {
    const file = join(makeTemporaryFolder(t), 'memory.json');
    writeFileSync(file, JSON.stringify(content));
    const log = createRecordingLog();
    const memory = await openRouteMemory(file, log);
    assert.equal(memory.find(one), undefined);
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(JSON.parse(readFileSync(`${file}.broken`, 'utf8')), content);
  });
}

test('a disk that takes no write is an error in the log; the memory goes on', async (t) => {
  const file = join(makeTemporaryFolder(t), 'memory.json');
  const log = createRecordingLog();
  const memory = await openRouteMemory(file, log);
  mkdirSync(file);
  memory.remember(one, [makeExchanger(1)]);
  await memory.flush();
  assert.deepEqual(memory.find(one), [makeExchanger(1)]);
  assert.equal(log.lines[0]?.level, 'error');
});
