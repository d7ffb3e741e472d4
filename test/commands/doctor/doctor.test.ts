import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runDoctorCommand } from '../../../src/commands/doctor/doctor.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

async function examine(configPath: string, json: boolean) {
  let text = '';
  const options = { configPath, torrc: undefined, postfix: undefined, json, version: '1.2.3' };
  const code = await runDoctorCommand(options, (more) => void (text += more));
  return { code, text };
}

test('a configuration that does not load: that alone, with its complaint and its exit code', async (t) => {
  const file = join(makeTemporaryFolder(t), 'c.yaml');
  writeFileSync(file, 'nonsense: 1\n');
  const { code, text } = await examine(file, false);
  assert.equal(code, 78);
  assert.match(
    text,
    /^error {4}host: .*c\.yaml:1:1: unknown key nonsense[^]*\(configuration\)\n[^]*\n0 ok, 0 warning, 1 error, 0 unknown\n$/,
  );
  const report = JSON.parse((await examine(file, true)).text);
  assert.deepEqual(
    [report.counts.error, report.findings[0].id, report.findings[0].severity],
    [1, 'configuration', 'error'],
  );
});

test('a host with nothing of it: every trouble is a finding, and nothing is thrown', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'c.yaml');
  writeFileSync(
    file,
    `stateFolder: ${folder}/state\ndns: {resolvers: ["127.0.0.1:1"], tries: 1}\nmap: [${folder}/none.yml]\ntor: {program: ${folder}/tor}\n` +
      `lookup: {socketmap: ["unix:${folder}/map.sock"]}\ndelivery: {endpointFolder: ${folder}/endpoints}\n`,
  );
  const options = {
    configPath: file,
    torrc: `${folder}/torrc`,
    postfix: folder,
    json: true,
    version: '1.2.3',
  };
  let text = '';
  assert.equal(await runDoctorCommand(options, (more) => void (text += more)), 78);
  const { findings } = JSON.parse(text);
  const found = findings.map(({ severity, id }: { severity: string; id: string }) => `${severity} ${id}`);
  assert.deepEqual(found, [
    'ok configuration',
    'error map',
    'ok memory',
    'warning state-folder',
    'ok node',
    'error tor-program',
    'error tor-socks',
    'error resolver',
    'unknown srv',
    'error lookup-answers',
    'unknown mail-server',
    'unknown reception',
  ]);
});
