import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runMapDiffCommand } from '../../../src/commands/map/map-diff.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];

async function diff(t: TestContext, first: string, second: string, json = false) {
  const folder = makeTemporaryFolder(t);
  const [before, after] = [join(folder, '1.yml'), join(folder, '2.yml')];
  writeFileSync(before, first);
  writeFileSync(after, second);
  let text = '';
  const code = await runMapDiffCommand({ before, after, json }, (more) => void (text += more));
  return { code, text };
}

test('form, order and spelling are no difference', async (t) => {
  const result = await diff(t, `${one}: [b.test, A.test]\n`, `a.test: [${one}]\nb.test: ["${one}:25"]\n`);
  assert.deepEqual(result, { code: 0, text: '' });
});

test('what is gone, new and other', async (t) => {
  const result = await diff(t, `${one}: [a.test, b.test]\n`, `${two}: [b.test]\n${one}: [c.test]\n`);
  assert.deepEqual(result, {
    code: 1,
    text: `- a.test  ${one}:25 (0 0)
- b.test  ${one}:25 (0 0)
+ b.test  ${two}:25 (0 0)
+ c.test  ${one}:25 (0 0)
`,
  });
});

test('as JSON', async (t) => {
  const { code, text } = await diff(t, '', `c.test: [{ onion: ${one}, port: 26, priority: 5 }]\n`, true);
  assert.equal(code, 1);
  const exchanger = { onionAddress: one, port: 26, priority: 5, weight: 0 };
  assert.deepEqual(JSON.parse(text), {
    differences: [{ domain: 'c.test', before: null, after: [exchanger] }],
  });
});

test('a broken map has no differences, but complaints', (t) =>
  assert.rejects(diff(t, '', 'a.test: 1\n'), { code: 'map-invalid', message: /2\.yml:1:9: / }));
