import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { prepareStateFolder } from '../../src/commands/state-paths.ts';
import { makeConfig } from './made-up-config.ts';

test('the state folder is made, closed to all others; one that is there stays as it is', async (t) => {
  const { config } = makeConfig(t, (folder) => ({ stateFolder: `${folder}/var/lib/onionmx` }));
  for (const time of ['made', 'there']) {
    await prepareStateFolder(config);
    assert.equal(statSync(config.stateFolder).mode & 0o777, 0o700, time);
  }
});

test('a state folder that cannot be made: where, why, and what to look at', async (t) => {
  const { config } = makeConfig(t, () => ({ stateFolder: '/dev/null/state' }));
  await assert.rejects(prepareStateFolder(config), {
    code: 'state-folder',
    message: /^cannot use the state folder \/dev\/null\/state: ENOTDIR/,
    hint: /as the user of the service/,
  });
});
