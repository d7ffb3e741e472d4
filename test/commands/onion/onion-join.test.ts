import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runOnionJoinCommand } from '../../../src/commands/onion/onion-join.ts';
import type { Config } from '../../../src/config/schema.ts';
import { parseClientPublicKey } from '../../../src/protocol/onion-client-key.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];

async function run(config: Config, address: string, json = false) {
  let text = '';
  const code = await runOnionJoinCommand({ address, json, config }, (more) => void (text += more));
  return { code, text, key: text.split('\n')[0] ?? '' };
}

test('a key for each group, and the same line again for the same one', async (t) => {
  const { config } = makeConfig(t);
  const first = await run(config, one);
  assert.equal(first.code, 0);
  assert.equal(parseClientPublicKey(first.key), first.key);
  assert.match(first.text, new RegExp(`operator of ${one}[^]*takes it when onionmx serve starts`));
  const again = await run(config, `mail.${one.toUpperCase()}`);
  assert.equal(again.key, first.key);
  assert.match(again.text, /was there already/);
  assert.notEqual((await run(config, two)).key, first.key);
});

test('what lies on the disk is what tor wants, and closed to all others', async (t) => {
  const { config } = makeConfig(t);
  const { text } = await run(config, one, true);
  const folder = join(config.stateFolder, 'onion-access');
  const file = join(folder, `${one.slice(0, 56)}.auth_private`);
  assert.deepEqual(readdirSync(folder), [`${one.slice(0, 56)}.auth_private`]);
  assert.match(
    readFileSync(file, 'utf8'),
    new RegExp(`^${one.slice(0, 56)}:descriptor:x25519:[A-Z2-7]{52}\n$`),
  );
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const { publicKey, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, { onionAddress: one, file, isNew: true });
  assert.ok(!readFileSync(file, 'utf8').includes(publicKey.slice(-52)));
});

test('a file that was changed by hand is left as it is', async (t) => {
  const { config } = makeConfig(t);
  await run(config, one);
  const file = join(config.stateFolder, 'onion-access', `${one.slice(0, 56)}.auth_private`);
  for (const text of ['', readFileSync(file, 'utf8').replace(one.slice(0, 56), two.slice(0, 56))]) {
    writeFileSync(file, text);
    await assert.rejects(run(config, one), { code: 'client-key-invalid', hint: /mv / });
    assert.equal(readFileSync(file, 'utf8'), text);
  }
});

test('what cannot be joined', async (t) => {
  const { config } = makeConfig(t);
  await assert.rejects(run(config, 'example.org'), { code: 'address-not-onion' });
  const { config: running } = makeConfig(t, { tor: { use: 'running' } });
  await assert.rejects(run(running, one), { code: 'config-invalid', hint: /ClientOnionAuthDir/ });
  assert.equal(existsSync(join(running.stateFolder, 'onion-access')), false);
});
