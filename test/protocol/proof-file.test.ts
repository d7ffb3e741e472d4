import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitProofFile } from '../../src/protocol/proof-file.ts';

const [one, two] = ['onionmx-proof 1\nonion a\nsignature x\n', 'onionmx-proof 2\nsignature y\n'];

const rows: readonly [why: string, text: string, parts: readonly string[]][] = [
  ['one proof', one, [one]],
  ['two of them', one + two, [one, two]],
  ['the same one twice', one + one, [one, one]],
  ['something else is kept, to be refused', '<html>\n', ['<html>\n']],
  ['so is what comes before, and between', `\n${one}\n${two}`, ['\n', `${one}\n`, two]],
  ['a proof begins at the start of a line', `x ${one}`, [`x ${one}`]],
  ['nothing', '', ['']],
];

for (const [why, text, parts] of rows) {
  test(`a file of proofs: ${why}`, () => {
    assert.deepEqual(splitProofFile(Buffer.from(text)).map(String), parts);
  });
}

test('a file with too many proofs is refused', () => {
  assert.equal(splitProofFile(Buffer.from(one.repeat(32))).length, 32);
  assert.throws(() => splitProofFile(Buffer.from(one.repeat(33))), {
    code: 'proof-malformed',
    message: /more than 32/,
  });
});
