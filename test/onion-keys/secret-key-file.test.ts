import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSecretKeyFile } from '../../src/onion-keys/secret-key-file.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

for (const [mode, isClosed] of [
  [0o600, true],
  [0o400, true],
  [0o700, true],
  [0o640, false],
  [0o604, false],
  [0o620, false],
  [0o601, false],
  [0o644, false],
] as const) {
  const octal = `0${mode.toString(8)}`;
  test(`mode ${octal} ${isClosed ? 'is' : 'is not'} closed to others`, async (t) => {
    const file = join(makeTemporaryFolder(t), 'key');
    writeFileSync(file, 'the key');
    chmodSync(file, mode);
    const read = readSecretKeyFile(file);
    if (isClosed) return assert.equal((await read).toString(), 'the key');
    await assert.rejects(read, {
      code: 'onion-keys-exposed',
      message: new RegExp(`^${file} has mode ${octal}: `),
      hint: new RegExp(`\`chmod 600 ${file}\``),
    });
  });
}

test('a file that is not there, and a folder', async (t) => {
  const folder = makeTemporaryFolder(t);
  await assert.rejects(readSecretKeyFile(join(folder, 'absent')), {
    code: 'onion-keys-folder',
    message: /^cannot read the secret key: ENOENT/,
  });
  await assert.rejects(readSecretKeyFile(folder), {
    code: 'onion-keys-folder',
    message: /^cannot read the secret key: EISDIR/,
  });
});

test('of another file, no more than a little is read', async (t) => {
  const file = join(makeTemporaryFolder(t), 'key');
  writeFileSync(file, Buffer.alloc(100_000), { mode: 0o600 });
  assert.equal((await readSecretKeyFile(file)).length, 1024);
});
