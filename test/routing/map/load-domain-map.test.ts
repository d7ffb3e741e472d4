import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { loadDomainMap } from '../../../src/routing/map/load-domain-map.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

const a = makeOnionAddress(1);
const b = makeOnionAddress(2);

test('no paths are an empty map', async () => {
  const { map, warnings } = await loadDomainMap([]);
  assert.equal(map.size, 0);
  assert.deepEqual(warnings, []);
});

test('a file is read whatever its name; of a folder the *.yml and *.yaml files by name, no hidden ones', async (t) => {
  const folder = makeTemporaryFolder(t);
  mkdirSync(join(folder, 'map.d'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('community-map', `${a}: [a.test]\n`);
  write('map.d/20.yml', `4my2dd2okjr75aho.onion: [x.test]\n${a}: [b.test]\n`);
  write('map.d/10.yaml', `${b}: [c.test]\ncssj56utefk3wxsv.onion: [y.test]\n`);
  for (const name of ['.#20.yml', '20.yml~', '.hidden.yml', 'README', '20.yml.bak'])
    write(`map.d/${name}`, '- bad');
  const { map, warnings } = await loadDomainMap([join(folder, 'community-map'), join(folder, 'map.d')]);
  assert.equal(map.size, 3);
  assert.equal(map.find(parseDomainName('c.test'))?.place, `${folder}/map.d/10.yaml:1:${b.length + 4}`);
  assert.deepEqual(
    warnings.map((warning) => warning.slice(folder.length).split(': version 2')[0]),
    [
      '/map.d/10.yaml:2:1: skipped cssj56utefk3wxsv.onion',
      '/map.d/20.yml:1:1: skipped 4my2dd2okjr75aho.onion',
    ],
  );
});

test('a path that is not there is an error with a deed', async (t) => {
  const path = join(makeTemporaryFolder(t), 'map.yml');
  await assert.rejects(loadDomainMap([path]), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'map-unreadable');
    assert.match(error.message, new RegExp(`^cannot read the domain map ${path}: ENOENT`));
    assert.equal(error.hint, `look whether it is there and may be read: ls -l ${path}`);
    return true;
  });
});

test('all complaints about all files come in one error', async (t) => {
  const folder = makeTemporaryFolder(t);
  writeFileSync(join(folder, '1.yml'), 'a.test: []\nb.test: 1\n');
  writeFileSync(join(folder, '2.yml'), '[');
  await assert.rejects(loadDomainMap([folder]), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'map-invalid');
    assert.deepEqual(
      error.message.split('\n').map((line) => line.slice(folder.length, folder.length + 11)),
      ['/1.yml:1:9:', '/1.yml:2:9:', '/2.yml:1:2:'],
    );
    return true;
  });
});
