import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openServiceTraffic, readServiceTraffic } from '../../src/tor/service-traffic.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];

function prepare(t: TestContext) {
  const file = join(makeTemporaryFolder(t), 'clients.json');
  const log = createRecordingLog();
  let minute = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, minute++));
  const open = (writeEveryMs = 3_600_000) => openServiceTraffic({ file, now, writeEveryMs, log });
  return { file, log, open, read: () => readServiceTraffic(file, log) };
}

test('clients are counted by service, over restarts', async (t) => {
  const { open, read } = prepare(t);
  const before = await open();
  before.watch(one);
  before.watch(two);
  before.countClient(one);
  before.countClient(one);
  await before.flush();
  const after = await open();
  after.watch(one);
  after.countClient(one);
  await after.flush();
  assert.deepEqual(await read(), {
    [one]: { since: '2026-01-01T00:00:00.000Z', circuits: 3, lastAt: '2026-01-01T00:04:00.000Z' },
    [two]: { since: '2026-01-01T00:01:00.000Z', circuits: 0, lastAt: null },
  });
});

test('nothing counted, nothing written', async (t) => {
  const { file, open, read } = prepare(t);
  await (await open()).flush();
  assert.equal(existsSync(file), false);
  assert.deepEqual(await read(), {});
});

test('a flood of clients is few writes; the last state is on disk', async (t) => {
  const { open, read } = prepare(t);
  const traffic = await open(0);
  for (let count = 0; count < 1000; count++) traffic.countClient(one);
  await traffic.flush();
  assert.equal((await read())[one]?.circuits, 1000);
});

test('a file that cannot be written is an error in the log, and no more', async (t) => {
  const { file, log, open } = prepare(t);
  const traffic = await open();
  mkdirSync(join(file, 'in the way'), { recursive: true });
  traffic.countClient(one);
  await traffic.flush();
  assert.deepEqual(
    log.lines.map(({ level, event }) => [level, event]),
    [['error', 'cannot write how many clients came']],
  );
});

test('a file that is broken: counting begins anew', async (t) => {
  const { file, log, open, read } = prepare(t);
  writeFileSync(file, '{"a": 1}');
  assert.deepEqual(await read(), {});
  const traffic = await open();
  traffic.countClient(one);
  await traffic.flush();
  assert.equal((await read())[one]?.circuits, 1);
  assert.equal(
    log.lines.every(({ level }) => level === 'warn'),
    true,
  );
});
