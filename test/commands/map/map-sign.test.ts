import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  runMapKeygenCommand,
  runMapSignCommand,
  runMapVerifyCommand,
} from '../../../src/commands/map/map-sign.ts';
import { parseSecretKey, parseSignature, signMessage } from '../../../src/protocol/minisign.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

const map = `${makeOnionAddress(1)}: [a.test]\n`;

async function prepare(t: TestContext) {
  const folder = makeTemporaryFolder(t);
  const path = (name: string) => join(folder, name);
  const collect = async (run: (out: (text: string) => void) => Promise<number>) => {
    let text = '';
    assert.equal(await run((more) => void (text += more)), 0);
    return text.replaceAll(folder, 'F');
  };
  const keys = await collect((out) => runMapKeygenCommand(path('k'), out));
  writeFileSync(path('map.yml'), map);
  return {
    path,
    keys,
    read: (name: string) => readFileSync(path(name), 'utf8'),
    sign: (now?: number) => collect((out) => runMapSignCommand(path('map.yml'), path('k.key'), out, now)),
    verify: (key = path('k.pub')) => collect((out) => runMapVerifyCommand(path('map.yml'), key, out)),
  };
}

test('a pair of keys: the secret one is for its owner alone, and never written over', async (t) => {
  const { path, keys, read } = await prepare(t);
  assert.equal(statSync(path('k.key')).mode & 0o777, 0o600);
  assert.match(keys, /^F\/k\.key: the secret key/);
  assert.equal(keys.trimEnd().split('\n').at(-1), read('k.pub').split('\n')[1]);
  const before = read('k.key');
  await assert.rejects(
    runMapKeygenCommand(path('k'), () => {}),
    { code: 'map-key-unwritable', message: /EEXIST/ },
  );
  assert.equal(read('k.key'), before);
});

test('signed, and verified by the key as a file and as a word', async (t) => {
  const { sign, verify, read } = await prepare(t);
  assert.equal(
    await sign(1_700_000_000),
    'F/map.yml.minisig: written. Signed at 2023-11-14T22:13:20.000Z.\n',
  );
  const verified = `F/map.yml: the signature holds. Signed at 2023-11-14T22:13:20.000Z.
timestamp:1700000000\tfile:map.yml\thashed
`;
  assert.equal(await verify(), verified);
  assert.equal(await verify(read('k.pub').split('\n')[1]), verified);
});

test('each signature is newer than the last, whatever the clock says', async (t) => {
  const { sign, read, path } = await prepare(t);
  await sign(1_700_000_000);
  await sign(1_600_000_000);
  assert.match(read('map.yml.minisig'), /timestamp:1700000001\t/);
  writeFileSync(path('map.yml.minisig'), 'nonsense');
  await sign(1_600_000_000);
  assert.match(read('map.yml.minisig'), /timestamp:1600000000\t/);
});

test('a changed map, another key, no signature', async (t) => {
  const { sign, verify, path, read } = await prepare(t);
  await assert.rejects(verify(), { code: 'map-signature-missing' });
  await sign();
  await runMapKeygenCommand(path('other'), () => {});
  await assert.rejects(verify(path('other.pub')), { code: 'map-signature-wrong' });
  await assert.rejects(verify(path('absent.pub')), {
    code: 'map-key-invalid',
    message: /cannot read the key/,
  });
  writeFileSync(path('map.yml'), `${map}# more\n`);
  await assert.rejects(verify(), { code: 'map-signature-wrong', message: /not of this file/ });
  assert.ok(read('map.yml.minisig').length > 0);
});

test('a map that would be refused is neither signed nor well verified', async (t) => {
  const { sign, verify, path, read } = await prepare(t);
  writeFileSync(path('map.yml'), 'a.test: 1\n');
  await assert.rejects(sign(), { code: 'map-invalid' });
  const signature = signMessage(Buffer.from('a.test: 1\n'), parseSecretKey(read('k.key')), 'x');
  writeFileSync(path('map.yml.minisig'), signature);
  await assert.rejects(verify(), { code: 'map-invalid' });
});

test('a comment cannot play with the terminal', async (t) => {
  const { verify, path, read } = await prepare(t);
  const signature = signMessage(Buffer.from(map), parseSecretKey(read('k.key')), 'x\u{1b}[2Jy\u{202e}z');
  writeFileSync(path('map.yml.minisig'), signature);
  assert.equal(parseSignature(signature).trustedComment.length, 8);
  assert.equal(await verify(), 'F/map.yml: the signature holds.\nx?[2Jy?z\n');
});
