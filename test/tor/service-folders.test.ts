import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatClientPublicKey } from '../../src/protocol/onion-client-key.ts';
import { prepareServiceFolder, readServiceAddress } from '../../src/tor/service-folders.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { makeOnionService } from './made-up-service.ts';

const [one, two, three] = [1, 2, 3].map((byte) => formatClientPublicKey(Buffer.alloc(32, byte)));
assert.ok(one !== undefined && two !== undefined && three !== undefined);

test('the folders are closed to all others, also those that were open', async (t) => {
  const parent = join(makeTemporaryFolder(t), 'onion');
  const folder = join(parent, 'mail');
  mkdirSync(folder, { recursive: true });
  chmodSync(parent, 0o755);
  await prepareServiceFolder(makeOnionService({ folder }));
  for (const path of [parent, folder, join(folder, 'authorized_clients')])
    assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('the closed group is that of the configuration; keys that an operator put there stay', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'onion', 'mail');
  const authorised = join(folder, 'authorized_clients');
  const keys = () =>
    readdirSync(authorised).map((name) => readFileSync(join(authorised, name), 'utf8').trim());
  await prepareServiceFolder(makeOnionService({ folder, authorisedClients: [one, two, one] }));
  assert.deepEqual(new Set(keys()), new Set([one, two]));
  writeFileSync(join(authorised, 'alice.auth'), `${three}\n`);
  await prepareServiceFolder(makeOnionService({ folder, authorisedClients: [two] }));
  assert.deepEqual(new Set(keys()), new Set([two, three]));
  await prepareServiceFolder(makeOnionService({ folder, authorisedClients: [] }));
  assert.deepEqual(readdirSync(authorised), ['alice.auth']);
});

test('tor reads a file when it ends with .auth and has one line', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'onion', 'mail');
  await prepareServiceFolder(makeOnionService({ folder, authorisedClients: [one] }));
  const [name = ''] = readdirSync(join(folder, 'authorized_clients'));
  assert.match(name, /^onionmx-[0-9a-f]{16}\.auth$/);
  assert.equal(readFileSync(join(folder, 'authorized_clients', name), 'utf8'), `${one}\n`);
});

test('the address of Onionbalance is in the folder; without one, nothing of the operator is touched', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'onion', 'mail');
  const file = join(folder, 'ob_config');
  for (const onionbalance of [makeOnionAddress(1), makeOnionAddress(2), null]) {
    await prepareServiceFolder(makeOnionService({ folder, onionbalance }));
    const { mode } = statSync(file);
    const address = onionbalance ?? makeOnionAddress(2);
    assert.equal(readFileSync(file, 'utf8'), `MasterOnionAddress ${address}\n`);
    assert.equal(mode & 0o777, 0o600);
  }
});

test('the address, as soon as tor has written it', async (t) => {
  const folder = makeTemporaryFolder(t);
  assert.equal(await readServiceAddress(folder), undefined);
  writeFileSync(join(folder, 'hostname'), makeOnionAddress(1));
  assert.equal(await readServiceAddress(folder), undefined);
  writeFileSync(join(folder, 'hostname'), `${makeOnionAddress(1)}\n`);
  assert.equal(await readServiceAddress(folder), makeOnionAddress(1));
  writeFileSync(join(folder, 'hostname'), 'nonsense\n');
  assert.equal(await readServiceAddress(folder), undefined);
});
