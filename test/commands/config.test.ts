import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { type ConfigCommandOptions, runConfigCommand } from '../../src/commands/config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { printConfig, toPlainConfig } from '../../src/config/print-config.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

function writeFiles(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = makeTemporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text.replaceAll('FOLDER', folder));
  }
  return folder;
}

async function run(configPath: string | undefined, options: Partial<ConfigCommandOptions> = {}) {
  let text = '';
  const all = { configPath, check: false, json: false, ...options };
  const code = await runConfigCommand(all, (more) => void (text += more), rootEnvironment);
  return { code, text };
}

const map = `${makeOnionAddress(1)}: [a.test, b.test]\n4my2dd2okjr75aho.onion: [x.test]\n`;
const warning = 'skipped 4my2dd2okjr75aho.onion: version 2 onion addresses ended in October 2021';

test('the full configuration is printed, and can be read again', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'log: {level: debug}\n' });
  const { code, text } = await run(join(folder, 'c.yaml'));
  assert.equal(code, 0);
  const config = parseConfig('log: {level: debug}', 'c.yaml', rootEnvironment);
  assert.equal(text, printConfig(config));
  assert.deepEqual(parse(text), toPlainConfig(config));
});

test('as JSON it is the same', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'domains: {own: [Example.org]}\n' });
  const { code, text } = await run(join(folder, 'c.yaml'), { json: true });
  assert.equal(code, 0);
  assert.deepEqual(
    JSON.parse(text),
    toPlainConfig(parseConfig('domains: {own: [example.org]}', 'c.yaml', rootEnvironment)),
  );
});

test('a check says that all is fine, and what it skips', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'map: [FOLDER/map.yml]\n', 'map.yml': map });
  const { code, text } = await run(join(folder, 'c.yaml'), { check: true });
  assert.equal(code, 0);
  assert.equal(
    text,
    `${folder}/map.yml:2:1: ${warning}\n${folder}/c.yaml: fine. The domain map has 2 domains.\n`,
  );
});

test('a check as JSON', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'map: [FOLDER/map.yml]\n', 'map.yml': map });
  const { code, text } = await run(join(folder, 'c.yaml'), { check: true, json: true });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(text), {
    ok: true,
    file: `${folder}/c.yaml`,
    domains: 2,
    warnings: [`${folder}/map.yml:2:1: ${warning}`],
  });
});

test('a broken configuration: every complaint, what to do, and EX_CONFIG', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'log: {level: x}\ntorr: {}\n' });
  const file = join(folder, 'c.yaml');
  const complaints = [
    `${file}:1:14: log.level: must be debug, info, warn or error, not the text "x"`,
    `${file}:2:1: unknown key torr: did you mean tor?`,
  ];
  const hint =
    'see all settings with their defaults: onionmx config; check a file: onionmx config --check --config FILE';
  assert.deepEqual(await run(file, { check: true }), {
    code: 78,
    text: `${complaints.join('\n')}\nhint: ${hint}\n`,
  });
  for (const check of [true, false]) {
    const { code, text } = await run(file, { check, json: true });
    assert.equal(code, 78);
    assert.deepEqual(JSON.parse(text), { ok: false, code: 'config-invalid', complaints, hint });
  }
});

test('a broken map is found by a check, and does not keep the configuration from being printed', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'map: [FOLDER/map.yml]\n', 'map.yml': 'a.test: []\n' });
  const { code, text } = await run(join(folder, 'c.yaml'), { check: true });
  assert.equal(code, 78);
  assert.match(text, /map\.yml:1:9: must be a list of exchangers, not an empty list\nhint: correct the map/);
  assert.equal((await run(join(folder, 'c.yaml'))).code, 0);
});

test('a configuration that is named and missing', async (t) => {
  const file = join(makeTemporaryFolder(t), 'c.yaml');
  const said = {
    message: `there is no configuration file ${file}`,
    hint: `write one: onionmx config > ${file}`,
  };
  assert.deepEqual(await run(file, { check: true }), {
    code: 78,
    text: `${said.message}\nhint: ${said.hint}\n`,
  });
});

test('complaints never go where the YAML goes: that may be the file itself', async (t) => {
  const folder = writeFiles(t, { 'c.yaml': 'torr: {}\n' });
  await assert.rejects(run(join(folder, 'c.yaml')), {
    code: 'config-invalid',
    message: /c\.yaml:1:1: unknown key torr/,
  });
  await assert.rejects(run(join(folder, 'none.yaml')), { code: 'config-missing' });
});
