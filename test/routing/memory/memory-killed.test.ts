/** SIGKILL at any moment of a write leaves the old entry or the new one, and the next writer is not held up for long. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { readRouteMemory } from '../../../src/routing/memory/route-memory.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeMemory } from './made-up-memory.ts';

test('killed in the middle of writes, five times: what is there can be read, and is no older than what was written', async (t) => {
  const { folder } = makeMemory(t);
  const log = createRecordingLog();
  for (let round = 1; round <= 5; round++) {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/routing/memory/write-memory-for-ever.ts', folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    t.after(() => child.kill('SIGKILL'));
    let written = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      written = Number(line);
      // after this line the write of this number is under way: by then it is at another place each time
      if (written >= 3 * round) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const entry = await readRouteMemory(folder, log).find(parseDomainName('one.test'));
    assert.ok((entry?.lastSeenMs ?? 0) >= written - 1, `${entry?.lastSeenMs} of ${written}`);
  }
  assert.deepEqual(log.lines, []);
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith('.')),
    ['one.test.json'],
  );
});
