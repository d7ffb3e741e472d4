import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { buildProgram } from '../../src/command-line/build-program.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const one = makeOnionAddress(1);

function prepare(t: TestContext) {
  const folder = makeTemporaryFolder(t);
  const path = (name: string) => join(folder, name);
  const settings = { stateFolder: path('state'), map: [path('map.yml')] };
  writeFileSync(path('onionmx.yaml'), stringify(settings));
  writeFileSync(path('map.yml'), `${one}: [b.test]\n`);
  return {
    path,
    run: async (words: readonly string[]) => {
      let [text, code] = ['', -1];
      const out = (more: string) => void (text += more);
      const finish = (result: number) => void (code = result);
      await buildProgram({ out, finish }).parseAsync(['map', ...words], { from: 'user' });
      return { code, text };
    },
  };
}

test('each command of the map does what its name says, with the configuration that is named', async (t) => {
  const { path, run } = prepare(t);
  const config = ['-c', path('onionmx.yaml')];
  const results: [words: string[], code: number, text: RegExp][] = [
    [['check', ...config], 0, /1 domain: 0 errors/],
    [['check', '--json', path('map.yml'), ...config], 0, /"entries": null/],
    [['add', 'a.test', one, '--dry-run', ...config], 0, /Nothing is written/],
    [['add', 'a.test', one, ...config], 0, /^\+.*a\.test/m],
    [['remove', 'b.test', '--file', path('map.yml'), ...config], 0, /^-.*b\.test/m],
    [['merge', path('map.yml'), '--file', path('new.yml'), ...config], 0, /^\+ {2}- a\.test/m],
    [['format', path('new.yml'), ...config], 0, /nothing to change/],
    [['diff', path('map.yml'), path('new.yml')], 0, /^$/],
    [['diff', path('map.yml'), '/dev/null', '--json'], 1, /"after": null/],
    [['export', '--postfix', ...config], 0, /^a\.test onion:unix:/m],
    [['export', '--exim', ...config], 0, /^a\.test: \//m],
    [['export', '--json', ...config], 0, /"nexthop"/],
    [['keygen', path('k')], 0, /k\.pub: the public key/],
    [['sign', path('new.yml'), '--key', path('k.key')], 0, /written/],
    [['verify', path('new.yml'), '--key', path('k.pub')], 0, /the signature holds/],
    [
      ['update', path('new.yml'), '--key', path('k.pub'), '--file', path('taken.yml'), ...config],
      0,
      /Written/,
    ],
  ];
  for (const [words, code, text] of results) {
    const result = await run(words);
    assert.match(result.text, text, words.join(' '));
    assert.equal(result.code, code, words.join(' '));
  }
  assert.equal(readFileSync(path('taken.yml'), 'utf8'), readFileSync(path('new.yml'), 'utf8'));
});
