import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import {
  runMapAddCommand,
  runMapFormatCommand,
  runMapMergeCommand,
  runMapRemoveCommand,
} from '../../../src/commands/map/map-edit.ts';
import type { MapEditOptions } from '../../../src/commands/map/map-files.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];

/** Files by name; those below `map` and those in `map.yml` are the map of the configuration. */
function prepare(t: TestContext, texts: Readonly<Record<string, string>>, map = ['map.yml']) {
  const { config, folder } = makeConfig(t, (own) => ({ map: map.map((name) => join(own, name)) }));
  mkdirSync(join(folder, 'map.d'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  const path = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(path(name), 'utf8');
  const collect = async (
    run: (options: MapEditOptions, out: (text: string) => void) => Promise<number>,
    more = {},
  ) => {
    let text = '';
    const options = { file: undefined, dryRun: false, config, ...more };
    const code = await run(options, (piece) => void (text += piece));
    return { code, text: text.replaceAll(folder, 'F') };
  };
  return {
    path,
    read,
    add: (words: readonly string[], more = {}) =>
      collect((options, out) => runMapAddCommand(words[0] ?? '', words.slice(1), options, out), more),
    remove: (domain: string, more = {}) =>
      collect((options, out) => runMapRemoveCommand(domain, options, out), more),
    merge: (files: readonly string[], more = {}) =>
      collect((options, out) => runMapMergeCommand(files.map(path), options, out), more),
    format: (files: readonly string[], more = {}) =>
      collect((options, out) => runMapFormatCommand(files.map(path), options, out), more),
  };
}

test('add: the change is shown and written; again it is none', async (t) => {
  const { add, read } = prepare(t, { 'map.yml': `# ours\n\n${one}:\n  - b.test\n` });
  assert.deepEqual(await add(['a.test', one]), {
    code: 0,
    text: `--- F/map.yml
+++ F/map.yml
@@ -2,3 +2,4 @@
 
 ${one}:
+  - a.test
   - b.test
Written. onionmx serve takes it over by itself.
`,
  });
  assert.equal(read('map.yml'), `# ours\n\n${one}:\n  - a.test\n  - b.test\n`);
  assert.equal((await add(['a.test', `${one}:25`])).text, 'The map has it so already: nothing to change.\n');
});

test('add: a dry run writes nothing', async (t) => {
  const { add, read } = prepare(t, { 'map.yml': '' });
  assert.match(
    (await add(['a.test', one, `${two}:26`], { dryRun: true })).text,
    /\+ {2}- \S+:26\nNothing is/,
  );
  assert.equal(read('map.yml'), '');
});

test('add: the first file of a map comes into being', async (t) => {
  const { add, read, path } = prepare(t, {});
  await add(['a.test', one]);
  assert.equal(read('map.yml'), `${one}:\n  - a.test\n`);
  assert.equal(statSync(path('map.yml')).mode & 0o777, 0o644);
});

test('add: permission bits and a link to the file stay', async (t) => {
  const { add, read, path } = prepare(t, { 'real.yml': '' });
  chmodSync(path('real.yml'), 0o640);
  symlinkSync('real.yml', path('map.yml'));
  await add(['a.test', one]);
  assert.equal(readlinkSync(path('map.yml')), 'real.yml');
  assert.equal(statSync(path('real.yml')).mode & 0o777, 0o640);
  assert.match(read('real.yml'), /a\.test/);
});

test('add: the owner stays', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
  const { add, path } = prepare(t, { 'map.yml': '' });
  chownSync(path('map.yml'), 4711, 4712);
  await add(['a.test', one]);
  const { uid, gid } = statSync(path('map.yml'));
  assert.deepEqual([uid, gid], [4711, 4712]);
});

test('add: with several files one has to be named', async (t) => {
  const texts = { 'map.d/1.yml': `${one}: [a.test]\n`, 'map.d/2.yml': '' };
  const { add, read, path } = prepare(t, texts, ['map.d']);
  await assert.rejects(add(['b.test', one]), { code: 'map-file-unclear', message: /1\.yml, \S+2\.yml$/ });
  await add(['b.test', one], { file: path('map.d/2.yml') });
  assert.equal(read('map.d/2.yml'), `${one}:\n  - b.test\n`);
  await assert.rejects(
    add(['a.test', two], { file: path('map.d/2.yml') }),
    { code: 'map-invalid', message: /a\.test has .* here, but .* at .*1\.yml/ },
    'the whole map would not load',
  );
  assert.equal(read('map.d/2.yml'), `${one}:\n  - b.test\n`);
});

test('add: without a map there is no file', async (t) => {
  const { add, path, read } = prepare(t, {}, []);
  await assert.rejects(add(['b.test', one]), { code: 'map-file-unclear', hint: /--file \/etc/ });
  assert.match((await add(['b.test', one], { file: path('x.yml') })).text, /\nWritten\.\n$/);
  assert.match(read('x.yml'), /b\.test/);
});

const wrongWords: readonly [words: readonly string[], code: string][] = [
  [['what?', one], 'domain-invalid'],
  [['a.test', 'b.test'], 'address-not-onion'],
  [['a.test', `${one}:0`], 'port-invalid'],
  [['a.test', `${one}:`], 'port-invalid'],
  [[one, two], 'map-invalid'],
];
for (const [words, code] of wrongWords) {
  test(`add: refused, ${code}`, async (t) => {
    const { add, path } = prepare(t, {});
    await assert.rejects(add(words), { code });
    assert.equal(existsSync(path('map.yml')), false);
  });
}

test('a map that is broken already is not touched', async (t) => {
  const { add, remove, format, read } = prepare(t, { 'map.yml': 'a.test: 1\n' });
  for (const run of [() => add(['b.test', one]), () => remove('a.test'), () => format([])])
    await assert.rejects(run, { code: 'map-invalid' });
  assert.equal(read('map.yml'), 'a.test: 1\n');
});

test('a file that cannot be written is an error with a deed', async (t) => {
  const { add, path } = prepare(t, {});
  const file = path('absent/map.yml');
  await assert.rejects(add(['a.test', one], { file }), { code: 'map-unwritable', hint: /ls -l/ });
});

test('remove: out of every file that has it', async (t) => {
  const texts = { 'map.d/1.yml': `${one}: [a.test, b.test]\n`, 'map.d/2.yml': `a.test: [${one}]\n` };
  const { remove, read, path } = prepare(t, texts, ['map.d']);
  assert.equal((await remove('A.test')).code, 0);
  assert.deepEqual([read('map.d/1.yml'), read('map.d/2.yml')], [`${one}: [b.test]\n`, '']);
  await assert.rejects(remove('a.test'), {
    code: 'map-entry-missing',
    message: /no entry for a\.test \(.*1\.yml, /,
  });
  await assert.rejects(remove('b.test', { file: path('map.d/2.yml') }), { code: 'map-entry-missing' });
});

test('merge: what is new comes in, in the form that says all of it', async (t) => {
  const { merge, read } = prepare(t, {
    'map.yml': `${one}:\n  - a.test\n`,
    'other.yml': `${one}: [A.test, b.test]\nc.test: [{ onion: ${two}, priority: 7 }]\n`,
    'third.yml': `${one}: [d.test]\n`,
  });
  await merge(['other.yml', 'third.yml']);
  const details = `c.test:\n  - { onion: ${two}, port: 25, priority: 7, weight: 0 }\n`;
  const plain = `${one}:\n  - a.test\n  - b.test\n  - d.test\n`;
  assert.equal(read('map.yml'), one < 'c.test' ? `${plain}${details}` : `${details}${plain}`);
});

test('merge: all or nothing, and every contradiction is told', async (t) => {
  const { merge, read } = prepare(t, {
    'map.yml': `${one}: [a.test, b.test]\n`,
    'other.yml': `${two}: [a.test, b.test, c.test]\n`,
  });
  await assert.rejects(merge(['other.yml']), {
    code: 'map-invalid',
    message: /a\.test has .* there, but .* at .*map\.yml:1:\d+\n.*b\.test has/,
  });
  assert.equal(read('map.yml'), `${one}: [a.test, b.test]\n`);
});

test('format: all files of the map, or those that are named', async (t) => {
  const { format, read } = prepare(t, {
    'map.yml': `${one}: [b.test, a.test]\n`,
    'x.yml': `${two}: [b.test]\n`,
  });
  assert.match((await format([])).text, /\+ {2}- a\.test\n\+ {2}- b\.test\nWritten\./);
  assert.equal(read('map.yml'), `${one}:\n  - a.test\n  - b.test\n`);
  await format(['x.yml']);
  assert.equal(read('x.yml'), `${two}:\n  - b.test\n`);
});
