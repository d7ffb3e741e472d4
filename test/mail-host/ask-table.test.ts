import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meansNotFound } from '../../src/mail-host/ask-table.ts';
import { ProgramFailure } from '../../src/mail-host/run-program.ts';

const warning = 'postmap: warning: database /x.db is older than source file /x\n';

const cases: readonly [why: string, cause: unknown, isNotFound: boolean][] = [
  ['postmap says nothing', failure(1, ''), true],
  ['it warns', failure(1, warning), true],
  ['it dies', failure(1, 'postmap: fatal: open database /x.db: No such file or directory\n'), false],
  ['it warns and dies', failure(1, `${warning}postmap: fatal: table mysql:/x: query error\n`), false],
  ['a signal ended it', failure(null, ''), false],
  ['it is not there', failure('ENOENT', ''), false],
  ['something else was thrown', 'oops', false],
];

function failure(code: number | string | null, stderr: string): ProgramFailure {
  return new ProgramFailure(Object.assign(new Error('it failed'), { code, stderr, stdout: '' }));
}

for (const [why, cause, isNotFound] of cases)
  test(`not found, or a table that cannot be asked: ${why}`, () =>
    assert.equal(meansNotFound(cause), isNotFound));
