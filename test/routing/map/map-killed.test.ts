/** SIGKILL at any moment while a map is written leaves the old map or the new one, never a part. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { makeTemporaryFolder } from '../../temporary-folder.ts';
import { makeMapText } from './made-up-map.ts';

test('killed in the middle of writes, five times: the map is whole, and no older than what was written', async (t) => {
  const file = join(makeTemporaryFolder(t), 'map.yml');
  for (let round = 1; round <= 5; round++) {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/routing/map/write-map-for-ever.ts', file],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    t.after(() => child.kill('SIGKILL'));
    let begun = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      begun = Number(line);
      // the write of this number is under way: by then it is at another place each time
      if (begun >= 3 + round) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const text = readFileSync(file, 'utf8');
    const domains = Math.round((text.split('\n').length - 2) / 1000);
    assert.ok(domains >= begun - 1, `${domains} of ${begun}`);
    assert.equal(text, makeMapText(domains));
  }
});
