import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { openOutput } from '../../src/commands/output.ts';

function failWith(code: string): Writable {
  const error = Object.assign(new Error(`${code}: no`), { code });
  return new Writable({ write: (_chunk, _encoding, done) => done(error) });
}

test('the end waits until the slow reader has taken everything', async () => {
  const taken: string[] = [];
  const isDone: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      taken.push(chunk);
      isDone.push(done);
    },
  });
  const output = openOutput(stream);
  output.write('one\n');
  output.write('two\n');
  let isFinished = false;
  const finished = output.finish().then((failure) => {
    isFinished = true;
    return failure;
  });
  for (const expected of [['one\n'], ['one\n', 'two\n'], ['one\n', 'two\n', '']]) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([taken, isFinished], [expected, false]);
    isDone.shift()?.();
  }
  assert.equal(await finished, undefined);
});

test('a reader that has seen enough is no failure', async () => {
  const output = openOutput(failWith('EPIPE'));
  output.write('one\n');
  assert.equal(await output.finish(), undefined);
  output.write('two\n');
  assert.equal(await output.finish(), undefined);
});

test('a full disk is one, and is told with its reason', async () => {
  const output = openOutput(failWith('ENOSPC'));
  output.write('one\n');
  assert.equal((await output.finish())?.message, 'ENOSPC: no');
});

test('what fails long before the end throws nothing on the way', async () => {
  const output = openOutput(failWith('EIO'));
  output.write('one\n');
  await new Promise((resolve) => setImmediate(resolve));
  output.write('two\n');
  assert.equal((await output.finish())?.message, 'EIO: no', 'the first failure is the one that counts');
});
