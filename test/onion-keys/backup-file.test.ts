import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBackupFile, writeBackupFile } from '../../src/onion-keys/backup-file.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

test('a new file, closed to all others, and nothing beside it', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'keys.json');
  await writeBackupFile(file, 'secret');
  assert.equal(await readBackupFile(file), 'secret');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['keys.json']);
});

function refuse(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

test('on a memory stick, whose file system has no hard links', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'keys.json');
  await writeBackupFile(file, 'secret', refuse('EPERM'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await assert.rejects(writeBackupFile(file, 'new', refuse('EPERM')), { code: 'backup-exists' });
  await assert.rejects(writeBackupFile(`${file}2`, 'new', refuse('EIO')), { code: 'backup-unwritable' });
  assert.equal(readFileSync(file, 'utf8'), 'secret');
  assert.deepEqual(readdirSync(folder), ['keys.json']);
});

for (const present of ['keys.json', 'keys.json.part']) {
  test(`${present} is there already: it stays as it is`, async (t) => {
    const folder = makeTemporaryFolder(t);
    writeFileSync(join(folder, present), 'the only copy');
    await assert.rejects(writeBackupFile(join(folder, 'keys.json'), 'new'), {
      code: 'backup-exists',
      message: `${join(folder, present)} is there already, and is left as it is`,
      hint: /onionmx onion backup/,
    });
    assert.equal(readFileSync(join(folder, present), 'utf8'), 'the only copy');
    assert.deepEqual(readdirSync(folder), [present]);
  });
}

test('no such folder', async (t) => {
  const file = join(makeTemporaryFolder(t), 'absent', 'keys.json');
  await assert.rejects(writeBackupFile(file, ''), { code: 'backup-unwritable', message: /ENOENT/ });
  await assert.rejects(readBackupFile(file), { code: 'backup-unreadable', message: /ENOENT/ });
});
