import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  hasOtherKeys,
  listServiceNames,
  readOnionAddress,
  readServiceKeys,
  writeServiceKeys,
} from '../../src/onion-keys/key-folder.ts';
import { checkServiceKeys } from '../../src/onion-keys/service-keys.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { makeKeyFiles } from './made-up-keys.ts';

const [one, two] = [1, 2].map((number) => ({
  name: 'mail',
  keys: checkServiceKeys(makeKeyFiles(number), 'made up'),
}));
assert.ok(one !== undefined && two !== undefined);

async function prepare(t: TestContext) {
  const parent = join(makeTemporaryFolder(t), 'onion');
  await writeServiceKeys(parent, one ?? assert.fail());
  return { parent, folder: join(parent, 'mail') };
}

test('keys are written as tor wants them, and read again', async (t) => {
  const { parent, folder } = await prepare(t);
  assert.deepEqual(await readServiceKeys(parent, 'mail'), one);
  assert.equal(await readOnionAddress(folder), makeOnionAddress(1));
  assert.deepEqual(await listServiceNames(parent), ['mail']);
  for (const path of [parent, folder]) assert.equal(statSync(path).mode & 0o777, 0o700);
  for (const file of ['hostname', 'hs_ed25519_public_key', 'hs_ed25519_secret_key'])
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
});

test('the same keys once more change nothing', async (t) => {
  const { parent, folder } = await prepare(t);
  const before = statSync(join(folder, 'hs_ed25519_secret_key'));
  assert.equal(await hasOtherKeys(parent, one), false);
  await writeServiceKeys(parent, one);
  assert.equal(statSync(join(folder, 'hs_ed25519_secret_key')).ino, before.ino);
});

test('what an interrupted restore left out is put in', async (t) => {
  const { parent, folder } = await prepare(t);
  rmSync(join(folder, 'hs_ed25519_secret_key'));
  assert.equal(await readServiceKeys(parent, 'mail'), undefined);
  assert.equal(await hasOtherKeys(parent, one), false);
  await writeServiceKeys(parent, one);
  assert.deepEqual(await readServiceKeys(parent, 'mail'), one);
});

test('other keys, even one file of them', async (t) => {
  const { parent, folder } = await prepare(t);
  assert.equal(await hasOtherKeys(parent, two), true);
  rmSync(join(folder, 'hs_ed25519_secret_key'));
  rmSync(join(folder, 'hs_ed25519_public_key'));
  assert.equal(await hasOtherKeys(parent, two), true);
  assert.equal(await hasOtherKeys(parent, { ...two, name: 'next' }), false);
});

test('a folder that tor has not filled yet', async (t) => {
  const { parent } = await prepare(t);
  mkdirSync(join(parent, 'next'));
  assert.equal(await readServiceKeys(parent, 'next'), undefined);
  assert.equal(await readOnionAddress(join(parent, 'next')), undefined);
  assert.equal(await readServiceKeys(parent, 'absent'), undefined);
  assert.deepEqual(await listServiceNames(join(parent, 'absent')), []);
});

test('a broken key file is named, with its folder', async (t) => {
  const { parent, folder } = await prepare(t);
  const file = join(folder, 'hs_ed25519_secret_key');
  writeFileSync(file, readFileSync(file).subarray(0, 50));
  await assert.rejects(readServiceKeys(parent, 'mail'), {
    code: 'onion-keys-invalid',
    message: `${folder}: hs_ed25519_secret_key is no such file of tor`,
  });
});

test('a folder that cannot be used', async (t) => {
  const { parent } = await prepare(t);
  const file = join(parent, 'mail', 'hostname');
  const error = { code: 'onion-keys-folder', message: /^cannot use the folder of the keys: E(NOTDIR|EXIST)/ };
  await assert.rejects(listServiceNames(file), error);
  await assert.rejects(readServiceKeys(file, 'mail'), error);
  await assert.rejects(writeServiceKeys(file, one), error);
});
