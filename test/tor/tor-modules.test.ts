import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasProofOfWorkModule, listsProofOfWork } from '../../src/tor/tor-modules.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

for (const [why, text, has] of [
  ['0.4.9.11', 'relay: yes\ndirauth: yes\ndircache: yes\npow: yes\n', true],
  ['0.4.8 without the GPL', 'relay: yes\ndirauth: yes\ndircache: yes\npow: no\n', false],
  ['0.4.7', 'relay: yes\ndirauth: yes\ndircache: yes\n', false],
  ['silence', '', false],
] as const) {
  test(`proof of work: ${why}: ${has}`, () => assert.equal(listsProofOfWork(text), has));
}

test('the program is asked; one that cannot be asked has none', async (t) => {
  const program = join(makeTemporaryFolder(t), 'tor');
  writeFileSync(program, '#!/bin/sh\n[ "$1" = --list-modules ] && echo "pow: yes"\n', { mode: 0o755 });
  assert.equal(await hasProofOfWorkModule(program), true);
  writeFileSync(program, '#!/bin/sh\necho "pow: yes"; exit 1\n');
  assert.equal(await hasProofOfWorkModule(program), false);
  assert.equal(await hasProofOfWorkModule('/nonexistent/tor'), false);
});
