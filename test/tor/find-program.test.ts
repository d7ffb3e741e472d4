import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findProgram } from '../../src/tor/find-program.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

function makeFile(t: TestContext, mode: number): { folder: string; file: string } {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'a-tor-for-tests');
  writeFileSync(file, '#!/bin/sh\n', { mode });
  return { folder, file };
}

test('on PATH, in whatever folder of it comes first', async (t) => {
  const { folder, file } = makeFile(t, 0o755);
  assert.equal(await findProgram('a-tor-for-tests', `/nonexistent::${folder}:/usr/bin`), file);
});

test('a path is taken as it is', async (t) => {
  const { file } = makeFile(t, 0o755);
  assert.equal(await findProgram(file, undefined), file);
});

test('a PATH without the folders of the system does not hide its programs', async () => {
  assert.match(await findProgram('env', '/nonexistent'), /^\/usr\/s?bin\/env$/);
  assert.match(await findProgram('env', undefined), /^\/usr\/s?bin\/env$/);
});

test('not there', async (t) => {
  const { folder } = makeFile(t, 0o755);
  await assert.rejects(findProgram('no-such-tor', folder), {
    code: 'tor-missing',
    message: 'cannot start tor: there is no program "no-such-tor" on PATH, nor in /usr/sbin',
    hint: /apt install tor/,
  });
  await assert.rejects(findProgram('/nonexistent/tor', folder), {
    code: 'tor-missing',
    message: /\/nonexistent\/tor is not there/,
  });
});

test('a file that may not be executed is no program', async (t) => {
  const { folder, file } = makeFile(t, 0o644);
  await assert.rejects(findProgram('a-tor-for-tests', folder), { code: 'tor-missing' });
  await assert.rejects(findProgram(file, folder), { code: 'tor-missing', message: /may not be executed/ });
});
