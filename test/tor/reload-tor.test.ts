import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { reloadTor } from '../../src/tor/reload-tor.ts';
import { torPathsIn } from '../../src/tor/torrc.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { startFakeControl } from './fake-control-port.ts';

const cookie = Buffer.alloc(32, 1);

async function prepare(t: TestContext, answer?: string) {
  const paths = torPathsIn(makeTemporaryFolder(t));
  writeFileSync(paths.cookieFile, cookie);
  const commands: string[] = [];
  const note = (command: string) => {
    commands.push(command);
    return answer;
  };
  const control = await startFakeControl(paths.control, { cookie, answer: note });
  t.after(() => control.close());
  return { paths, commands };
}

test('a tor that runs reads its files again', async (t) => {
  const { paths, commands } = await prepare(t);
  assert.equal(await reloadTor(paths), true);
  assert.deepEqual(commands, ['SIGNAL RELOAD']);
});

test('a tor that refuses, and one that does not run', async (t) => {
  const { paths } = await prepare(t, '552 no\r\n');
  assert.equal(await reloadTor(paths), false);
  assert.equal(await reloadTor(torPathsIn(makeTemporaryFolder(t))), false);
});
