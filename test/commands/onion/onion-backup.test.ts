import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runOnionBackupCommand, runOnionRestoreCommand } from '../../../src/commands/onion/onion-backup.ts';
import type { Config } from '../../../src/config/schema.ts';
import { OnionmxError } from '../../../src/errors.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeKeyFiles } from '../../onion-keys/made-up-keys.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];

function prepare(t: TestContext, names: readonly string[] = ['mail', 'next']) {
  const { config, folder } = makeConfig(t, {
    receiving: { onionServices: names.map((name) => ({ name })) },
  });
  return { config, file: join(folder, 'keys.json'), onion: join(config.stateFolder, 'onion') };
}

/** As tor does it. */
function writeKeys(onion: string, name: string, number: number): void {
  mkdirSync(join(onion, name, 'authorized_clients'), { recursive: true });
  for (const [file, content] of Object.entries(makeKeyFiles(number)))
    writeFileSync(join(onion, name, file), content);
}

async function run(command: typeof runOnionBackupCommand, config: Config, file: string) {
  let text = '';
  const code = await command({ config, file }, (more) => void (text += more));
  return { code, text };
}

test('a backup of all, and a restore on an empty host, twice', async (t) => {
  const { config, file, onion } = prepare(t);
  writeKeys(onion, 'mail', 1);
  writeKeys(onion, 'next', 2);
  const backup = await run(runOnionBackupCommand, config, file);
  assert.equal(backup.code, 0);
  assert.match(backup.text, new RegExp(`^mail: ${one}\nnext: ${two}\n`));
  assert.match(backup.text, /Whoever has this file can receive the mail/);

  renameSync(config.stateFolder, `${config.stateFolder}.lost`);
  for (const time of ['first', 'second']) {
    const restored = await run(runOnionRestoreCommand, config, file);
    assert.equal(restored.code, 0, time);
    assert.match(restored.text, new RegExp(`^mail: ${one}\nnext: ${two}\nThe keys are in ${onion}`));
  }
  for (const [name, number] of [
    ['mail', 1],
    ['next', 2],
  ] as const) {
    for (const [key, content] of Object.entries(makeKeyFiles(number)))
      assert.deepEqual(readFileSync(join(onion, name, key)), content);
  }
});

test('services that are not configured any more are kept too, and named when they come back', async (t) => {
  const { config, file, onion } = prepare(t, ['mail']);
  writeKeys(onion, 'mail', 1);
  writeKeys(onion, 'old', 2);
  assert.match((await run(runOnionBackupCommand, config, file)).text, new RegExp(`old: ${two}`));
  assert.match(
    (await run(runOnionRestoreCommand, config, file)).text,
    /Not in receiving.onionServices, so not offered: old\n$/,
  );
});

for (const [why, names, made] of [
  ['a configured service has no keys yet', ['mail', 'next'], ['mail']],
  ['there is no service at all', [], []],
] as const) {
  test(`no backup that would be believed to be whole: ${why}`, async (t) => {
    const { config, file, onion } = prepare(t, names);
    for (const name of made) writeKeys(onion, name, 1);
    await assert.rejects(run(runOnionBackupCommand, config, file), {
      code: 'onion-keys-missing',
      message: /^there are no keys of /,
    });
    assert.equal(existsSync(file), false);
  });
}

test('a restore that would end a service: all that are in its way are named, and nothing is written', async (t) => {
  const { config, file, onion } = prepare(t);
  writeKeys(onion, 'mail', 1);
  writeKeys(onion, 'next', 2);
  writeKeys(onion, 'third', 5);
  await run(runOnionBackupCommand, config, file);
  renameSync(onion, `${onion}.lost`);
  writeKeys(onion, 'mail', 3);
  writeKeys(onion, 'next', 4);
  await assert.rejects(run(runOnionRestoreCommand, config, file), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'onion-keys-differ');
    assert.match(error.message, /onion\/mail has other keys than the backup[^]*onion\/next has other keys/);
    assert.match(error.hint ?? '', /mv \S+\/onion\/mail /);
    return true;
  });
  assert.deepEqual(readdirSync(onion).sort(), ['mail', 'next']);
  assert.deepEqual(
    readFileSync(join(onion, 'mail', 'hs_ed25519_secret_key')),
    makeKeyFiles(3).hs_ed25519_secret_key,
  );
});

test('a broken backup: nothing is written', async (t) => {
  const { config, file, onion } = prepare(t);
  writeFileSync(file, '{}');
  await assert.rejects(run(runOnionRestoreCommand, config, file), { code: 'backup-unreadable' });
  await assert.rejects(run(runOnionRestoreCommand, config, `${file}.absent`), { code: 'backup-unreadable' });
  assert.equal(existsSync(onion), false);
});
