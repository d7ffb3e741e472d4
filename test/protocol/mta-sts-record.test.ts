import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMtaStsRecords } from '../../src/protocol/mta-sts-record.ts';

const right: readonly [why: string, texts: readonly string[]][] = [
  ['as RFC 8461 §3.1 shows it', ['v=STSv1; id=20160831085700Z;']],
  ['no final semicolon', ['v=STSv1; id=20160831085700Z']],
  ['no blanks', ['v=STSv1;id=20160831085700Z;']],
  ['blanks and tabs', ['v=STSv1 \t; \tid=20160831085700Z \t; \t']],
  ['extensions', ['v=STSv1; a.b-c_d=e/f,g; id=20160831085700Z; x=1;']],
  ['records of others beside it', ['google-site=1', 'v=spf1 -all', 'v=STSv1; id=20160831085700Z;']],
  ['a version of the future beside it', ['v=STSv2; id=1;', 'v=STSv1; id=20160831085700Z;']],
];
for (const [why, texts] of right)
  test(`a record: ${why}`, () =>
    assert.deepEqual(readMtaStsRecords(texts), { kind: 'record', id: '20160831085700Z' }));

const wrong: readonly [why: string, texts: readonly string[], said: string][] = [
  ['none at all', [], 'no record of version STSv1'],
  ['the version in other letters', ['v=stsv1; id=1;'], 'no record of version STSv1'],
  ['the version is not first', ['id=1; v=STSv1;'], 'no record of version STSv1'],
  ['a blank in front', [' v=STSv1; id=1;'], 'no record of version STSv1'],
  [
    'two of them, also if they are the same',
    ['v=STSv1; id=1;', 'v=STSv1; id=1;'],
    '2 records of version STSv1',
  ],
  ['no id', ['v=STSv1;'], 'its record is malformed'],
  ['an empty id', ['v=STSv1; id=;'], 'its record is malformed'],
  ['an id with signs', ['v=STSv1; id=2016-08;'], 'its record is malformed'],
  ['an id that is too long', [`v=STSv1; id=${'1'.repeat(33)};`], 'its record is malformed'],
  ['two ids', ['v=STSv1; id=1; id=2;'], 'its record is malformed'],
  ['a field without a value', ['v=STSv1; id=1; x;'], 'its record is malformed'],
  ['a blank in a value', ['v=STSv1; id=1; x=a b;'], 'its record is malformed'],
  ['two semicolons', ['v=STSv1;; id=1;'], 'its record is malformed'],
];
for (const [why, texts, said] of wrong)
  test(`no record: ${why}`, () => assert.deepEqual(readMtaStsRecords(texts), { kind: 'none', why: said }));
