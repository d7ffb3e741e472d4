import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onionServicesOf } from '../../src/commands/onion-services-of.ts';
import { openOwnOnions } from '../../src/commands/own-onions.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeConfig } from './made-up-config.ts';

test('the addresses are read when tor has written them, and what cannot be read is none', async (t) => {
  const { config } = makeConfig(t, { receiving: { onionServices: [{ name: 'mail' }, { name: 'more' }] } });
  const ownOnions = openOwnOnions(config);
  assert.deepEqual(await ownOnions(), []);
  const [mail, more] = onionServicesOf(config).map(({ folder }) => folder);
  assert.ok(mail !== undefined && more !== undefined);
  for (const folder of [mail, more]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(mail, 'hostname'), makeOnionAddress(1));
  writeFileSync(join(more, 'hostname'), 'broken.onion\n');
  assert.deepEqual(await ownOnions(), [], 'without its line end it is half written');
  writeFileSync(join(mail, 'hostname'), `${makeOnionAddress(1)}\n`);
  writeFileSync(join(more, 'hostname'), `${makeOnionAddress(2)}\n`);
  assert.deepEqual(await ownOnions(), [makeOnionAddress(1), makeOnionAddress(2)]);
});
