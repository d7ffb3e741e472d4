import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { writeFileAtomically } from '../src/write-file-atomically.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

test('a new file and one that is there, with the mode, and nothing else left', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'a');
  for (const [content, mode] of [
    ['one', 0o600],
    [Buffer.from([0, 255]), 0o666],
  ] as const) {
    await writeFileAtomically(file, content, { mode });
    assert.deepEqual(readFileSync(file), Buffer.from(content));
    assert.equal(statSync(file).mode & 0o7777, mode);
  }
  assert.deepEqual(readdirSync(folder), ['a']);
});

test('behind a link, what it leads to is written', async (t) => {
  const folder = makeTemporaryFolder(t);
  const [file, link] = [join(folder, 'there/a'), join(folder, 'link')];
  mkdirSync(join(folder, 'there'));
  writeFileSync(file, 'old');
  symlinkSync('there/a', link);
  await writeFileAtomically(link, 'new', { mode: 0o644 });
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.equal(readlinkSync(link), 'there/a');
  assert.deepEqual(readdirSync(join(folder, 'there')), ['a']);
});

test('when it fails, all is as it was', async (t) => {
  const folder = makeTemporaryFolder(t);
  mkdirSync(join(folder, 'taken'));
  await assert.rejects(writeFileAtomically(join(folder, 'taken'), 'x', { mode: 0o600 }), { code: 'EISDIR' });
  await assert.rejects(writeFileAtomically(join(folder, 'none/a'), 'x', { mode: 0o600 }), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(folder), ['taken']);
});

test('the owner that is wanted', {
  skip: process.getuid?.() !== 0 && 'only root may give files away',
}, async (t) => {
  const file = join(makeTemporaryFolder(t), 'a');
  await writeFileAtomically(file, 'x', { mode: 0o640, owner: { uid: 65_534, gid: 65_534 } });
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([uid, gid, mode & 0o777], [65_534, 65_534, 0o640]);
});

test('writes of one file at the same time: the last one asked for is there, also when one fails', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'a');
  const big = 'x'.repeat(4_000_000);
  const nobody = { mode: 0o600, owner: { uid: -2, gid: -2 } };
  const writes = [
    writeFileAtomically(file, big, { mode: 0o600 }),
    writeFileAtomically(file, 'never', nobody),
    writeFileAtomically(file, 'last', { mode: 0o600 }),
  ];
  const results = await Promise.allSettled(writes);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal(readFileSync(file, 'utf8'), 'last');
  assert.deepEqual(readdirSync(folder), ['a']);
});
