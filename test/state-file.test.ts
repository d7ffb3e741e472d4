import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStateFile, writeStateFile } from '../src/state-file.ts';
import { createRecordingLog } from './recording-log.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

function parseNumbers(json: unknown): number[] {
  if (!Array.isArray(json)) throw new Error('not a list');
  return json.map(Number);
}

test('what is written is read back; only the owner may read it', async (t) => {
  const file = join(makeTemporaryFolder(t), 'state.json');
  const log = createRecordingLog();
  assert.equal(await readStateFile(file, parseNumbers, log), undefined, 'no file yet');
  await writeStateFile(file, [1, 2]);
  assert.deepEqual(await readStateFile(file, parseNumbers, log), [1, 2]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(log.lines, []);
});

for (const [content, why] of [
  ['[1, 2', 'cut off'],
  ['', 'empty, as after a power failure'],
  ['{}', 'valid JSON of another shape'],
]) {
  test(`a file that is ${why} is kept aside with one warning`, async (t) => {
    const file = join(makeTemporaryFolder(t), 'state.json');
    const log = createRecordingLog();
    writeFileSync(file, content ?? '');
    assert.equal(await readStateFile(file, parseNumbers, log), undefined);
    assert.equal(existsSync(file), false);
    assert.equal(readFileSync(`${file}.broken`, 'utf8'), content);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields['keptAs']]),
      [['warn', `${file}.broken`]],
    );
  });
}

test('a file of somebody else stays as it is, whatever is in it', async (t) => {
  const file = join(makeTemporaryFolder(t), 'state.json');
  const log = createRecordingLog();
  writeFileSync(file, '{}');
  assert.equal(await readStateFile(file, parseNumbers, log, 'leave'), undefined);
  assert.equal(readFileSync(file, 'utf8'), '{}');
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['reason']]),
    [['warn', 'not a list']],
  );
});

test('a file that may not be read is an error, not an empty state', async (t) => {
  const file = join(makeTemporaryFolder(t), 'state.json');
  mkdirSync(file);
  const error = { code: 'state-folder', message: /^cannot use the state folder .*EISDIR/, hint: /ls -ld/ };
  await assert.rejects(readStateFile(file, parseNumbers, createRecordingLog()), error);
  await assert.rejects(writeStateFile(file, [1]), error);
});
