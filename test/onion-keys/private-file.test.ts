import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import {
  listPrivateFolder,
  makePrivateFolder,
  readPrivateFile,
  writePrivateFile,
} from '../../src/onion-keys/private-file.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

test('folders and files that only their owner can use', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'onion');
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  await makePrivateFolder(folder);
  await writePrivateFile(join(folder, 'key'), 'secret');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'key')).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(folder, 'key'), 'utf8'), 'secret');
  assert.equal((await readPrivateFile(join(folder, 'key')))?.toString(), 'secret');
  assert.deepEqual(await listPrivateFolder(folder), ['key']);
});

test('root gives them to the owner of the state folder', {
  skip: process.getuid?.() === 0 ? false : 'only root can give files away',
}, async (t) => {
  const state = makeTemporaryFolder(t);
  chownSync(state, 4711, 4712);
  const folder = join(state, 'onion');
  await makePrivateFolder(folder);
  await makePrivateFolder(join(folder, 'mail'));
  await writePrivateFile(join(folder, 'mail', 'key'), 'secret');
  for (const path of [folder, join(folder, 'mail'), join(folder, 'mail', 'key')]) {
    const { uid, gid } = statSync(path);
    assert.deepEqual([uid, gid], [4711, 4712], path);
  }
});

test('what is not there is no failure; what is in the way is one', async (t) => {
  const folder = makeTemporaryFolder(t);
  assert.equal(await readPrivateFile(join(folder, 'absent')), undefined);
  assert.deepEqual(await listPrivateFolder(join(folder, 'absent')), []);
  writeFileSync(join(folder, 'file'), '');
  const error = { code: 'onion-keys-folder', hint: /as root/ };
  await assert.rejects(makePrivateFolder(join(folder, 'file')), error);
  await assert.rejects(writePrivateFile(join(folder, 'file', 'key'), ''), error);
  await assert.rejects(readPrivateFile(folder), error);
});
