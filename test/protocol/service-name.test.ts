import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceName } from '../../src/protocol/service-name.ts';

for (const [name, isOne] of [
  ['mail', true],
  ['a', true],
  ['mail-2026', true],
  ['x'.repeat(32), true],
  ['x'.repeat(33), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['Mail', false], // file systems that fold case would mix two up
  ['-a', false],
  ['a-', false],
  ['mail.old', false], // what an operator moved aside is no service
  ['a\n', false],
] as const) {
  test(`${JSON.stringify(name)} is ${isOne ? 'a' : 'no'} name of a service`, () => {
    assert.equal(isServiceName(name), isOne);
  });
}
