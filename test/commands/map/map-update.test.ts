import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type MapUpdateOptions, runMapUpdateCommand } from '../../../src/commands/map/map-update.ts';
import { encodePublicKey, signMessage, toSecretKey } from '../../../src/protocol/minisign.ts';
import { torPathsIn } from '../../../src/tor/torrc.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { startFakeWeb } from '../fake-web.ts';
import { testCertificate } from '../made-up-certificate.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const secretKey = toSecretKey(Buffer.alloc(8, 1), Buffer.alloc(32, 1));
const otherKey = toSecretKey(Buffer.alloc(8, 2), Buffer.alloc(32, 2));
const sameNumber = toSecretKey(Buffer.alloc(8, 1), Buffer.alloc(32, 3));
const key = encodePublicKey(secretKey.publicKey);
const url = `http://${one}/maps/m.yml`;
const address = `${one}:80/maps/m.yml`;
const oldMap = `${one}: [a.test]\n`;
const newMap = `${one}: [a.test, b.test]\n`;

function sign(text: string | Buffer, time: number | string, by = secretKey): string {
  const comment = typeof time === 'number' ? `timestamp:${time}\tfile:m.yml\thashed` : time;
  return signMessage(Buffer.from(text), by, comment);
}

/** The web of `way` is there; the other SocksPort of the same Tor is not. */
async function prepare(t: TestContext, way: 'onions' | 'exits' | 'running, no exits' = 'onions') {
  const { config, folder } = makeConfig(t, (own) => ({
    map: [join(own, 'map.yml')],
    ...(way === 'running, no exits' ? { tor: { use: 'running', socks: `unix:${own}/state/tor/socks` } } : {}),
  }));
  const paths = torPathsIn(join(config.stateFolder, 'tor'));
  const socks = way === 'exits' ? paths.exitSocks : paths.socks;
  assert.ok(socks.kind === 'unix');
  const answers = new Map<string, Buffer | string>();
  const web = await startFakeWeb(t, socks.path, answers);
  const path = (name: string) => join(folder, name);
  return {
    web,
    path,
    read: (name = 'map.yml') => readFileSync(path(name), 'utf8'),
    publish: (text: string | Buffer, signature: string, at = address) => {
      answers.set(at, text);
      answers.set(`${at}.minisig`, signature);
    },
    update: async (options: Partial<MapUpdateOptions> = {}) => {
      let text = '';
      const all = { from: url, key, file: undefined, dryRun: false, config, ...options };
      assert.equal(await runMapUpdateCommand(all, (more) => void (text += more)), 0);
      return text.replaceAll(folder, 'F');
    },
  };
}

test('the first map, a newer one, and the same again', async (t) => {
  const { web, read, publish, update } = await prepare(t);
  publish(oldMap, sign(oldMap, 100));
  assert.equal(
    await update(),
    `${url}: signed at 1970-01-01T00:01:40.000Z.
--- F/map.yml
+++ F/map.yml
@@ -0,0 +1,1 @@
+${one}: [a.test]
Written. onionmx serve takes it over by itself.
`,
  );
  assert.deepEqual([read(), read('map.yml.minisig')], [oldMap, sign(oldMap, 100)]);
  assert.deepEqual(web.asked, [`${one}:80`, `${one}:80`]);
  assert.match(web.requests[0] ?? '', new RegExp(`^GET /maps/m.yml.minisig HTTP/1.1\r\nHost: ${one}\r\n`));

  publish(newMap, sign(newMap, 101));
  await update();
  assert.equal(read(), newMap);
  assert.match(await update(), /nothing to change/);
  publish(newMap, sign(newMap, 102));
  await update();
  assert.equal(read('map.yml.minisig'), sign(newMap, 102), 'the time is kept, though the map is the same');
});

test('a dry run writes nothing', async (t) => {
  const { path, publish, update } = await prepare(t);
  publish(oldMap, sign(oldMap, 100));
  assert.match(await update({ dryRun: true }), /Nothing is written/);
  assert.deepEqual([existsSync(path('map.yml')), existsSync(path('map.yml.minisig'))], [false, false]);
});

test('a map cannot play with the terminal', async (t) => {
  const { publish, update } = await prepare(t);
  const text = `# \u{9b}2J\u{202e}\n${oldMap}`;
  publish(text, sign(text, 100));
  assert.match(await update(), /\n\+# \?2J\?\n/);
});

test('an old map does not come back', async (t) => {
  const { read, publish, update } = await prepare(t);
  publish(newMap, sign(newMap, 101));
  await update();
  publish(oldMap, sign(oldMap, 100));
  await assert.rejects(update(), {
    code: 'map-outdated',
    message: /signed at \S+:40\.000Z, .* at \S+:41\.000Z: it is older/,
  });
  assert.equal(read(), newMap);
});

const refusals: readonly [why: string, map: string | Buffer, signature: string, code: string][] = [
  ['another key', oldMap, sign(oldMap, 100, otherKey), 'map-signature-wrong'],
  ['another key with the same number', oldMap, sign(oldMap, 100, sameNumber), 'map-signature-wrong'],
  ['a changed map', newMap, sign(oldMap, 100), 'map-signature-wrong'],
  ['a changed time', oldMap, sign(oldMap, 100).replace('timestamp:1', 'timestamp:9'), 'map-signature-wrong'],
  ['no time', oldMap, sign(oldMap, 'hello'), 'map-signature-wrong'],
  ['no signature', oldMap, '<html>', 'map-signature-wrong'],
  ['a map that would not load', 'a.test: 1\n', sign('a.test: 1\n', 100), 'map-invalid'],
  ['no text', Buffer.from('# \xff\n', 'latin1'), sign(Buffer.from('# \xff\n', 'latin1'), 100), 'map-invalid'],
  [
    'a map that is too big',
    '#'.repeat(4 * 2 ** 20 + 1),
    sign('#'.repeat(4 * 2 ** 20 + 1), 100),
    'download-failed',
  ],
  ['a signature that is too big', oldMap, `${sign(oldMap, 100)}${'#'.repeat(20_000)}`, 'download-failed'],
];
for (const [why, map, signature, code] of refusals) {
  test(`refused, and nothing is written: ${why}`, async (t) => {
    const { path, publish, update } = await prepare(t);
    publish(map, signature);
    await assert.rejects(update(), { code });
    assert.deepEqual([existsSync(path('map.yml')), existsSync(path('map.yml.minisig'))], [false, false]);
  });
}

test('it is not there', async (t) => {
  const { update } = await prepare(t);
  await assert.rejects(update(), {
    code: 'download-failed',
    message: `cannot get /maps/m.yml.minisig from ${one}: it answers 404 Not Found`,
  });
});

test('a map of the operator’s own is not written over', async (t) => {
  const { path, read, publish, update } = await prepare(t);
  writeFileSync(path('map.yml'), `${two}: [x.test]\n`);
  publish(oldMap, sign(oldMap, 100));
  await assert.rejects(update(), { code: 'map-not-signed-here' });
  assert.equal(read(), `${two}: [x.test]\n`);
});

test('it must agree with the other files of the map', async (t) => {
  const { path, publish, update, read } = await prepare(t);
  publish(oldMap, sign(oldMap, 100));
  await update();
  const bad = `${two}: [a.test]\na.test: [${one}]\n`;
  publish(bad, sign(bad, 101));
  await assert.rejects(update(), { code: 'map-invalid' });
  assert.deepEqual([read(), existsSync(path('map.yml.minisig'))], [oldMap, true]);
});

test('stopped between signature and map: the next update repairs it', async (t) => {
  const { path, publish, update, read } = await prepare(t);
  publish(oldMap, sign(oldMap, 100));
  await update();
  publish(newMap, sign(newMap, 101));
  writeFileSync(path('map.yml.minisig'), sign(newMap, 101));
  await update();
  assert.equal(read(), newMap);
});

test('after a change of the key the new one decides', async (t) => {
  const { publish, update, read } = await prepare(t);
  publish(oldMap, sign(oldMap, 100));
  await update();
  publish(newMap, sign(newMap, 50, otherKey));
  await update({ key: encodePublicKey(otherKey.publicKey) });
  assert.equal(read(), newMap);
});

test('from a file', async (t) => {
  const { path, update, read, web } = await prepare(t);
  writeFileSync(path('m.yml'), oldMap);
  await assert.rejects(update({ from: path('m.yml') }), { code: 'map-unreadable' });
  writeFileSync(path('m.yml.minisig'), sign(oldMap, 100));
  await update({ from: path('m.yml') });
  assert.equal(read(), oldMap);
  assert.deepEqual(web.asked, []);
});

test('https through a Tor that has exits; the certificate is checked', async (t) => {
  const { publish, update, read, web } = await prepare(t, 'exits');
  publish(oldMap, sign(oldMap, 100), 'maps.test:443/m.yml');
  publish(oldMap, sign(oldMap, 100), 'other.test:443/m.yml');
  const from = 'https://maps.test/m.yml';
  await assert.rejects(update({ from }), { code: 'download-failed', message: /no TLS with maps\.test: / });
  await update({ from, ca: testCertificate });
  assert.equal(read(), oldMap);
  await assert.rejects(update({ from: 'https://other.test/m.yml', ca: testCertificate }), {
    code: 'download-failed',
    message: /does not match/,
  });
  assert.equal(web.requests.length, 2);
});

test('query and port of an address are kept', async (t) => {
  const { publish, update, web } = await prepare(t);
  publish('x', 'x', `${one}:8080/m?v=1`);
  await assert.rejects(update({ from: `http://${one}:8080/m?v=1` }), { code: 'download-failed' });
  assert.match(web.requests[0] ?? '', new RegExp(`^GET /m.minisig\\?v=1 HTTP/1.1\r\nHost: ${one}:8080\r\n`));
});

const badSources: readonly [from: string, code: string, message: RegExp][] = [
  ['http://maps.test/m.yml', 'map-source-invalid', /only https, or http to an onion/],
  ['ftp://maps.test/m.yml', 'map-source-invalid', /only https/],
  [`http://me:secret@${one}/m.yml`, 'map-source-invalid', /no address of a file/],
  ['https://[::1]/m.yml', 'map-source-invalid', /no address of a file/],
  ['https://', 'map-source-invalid', /no address of a file/],
  ['http://abc.onion/m.yml', 'address-bad-length', /3 characters/],
];
test('a Tor without a way to the clear net is not asked for it', async (t) => {
  const { update, web } = await prepare(t, 'running, no exits');
  await assert.rejects(update({ from: 'https://maps.test/m.yml' }), {
    code: 'map-source-invalid',
    message: /no SocksPort is known that reaches the clear net/,
  });
  assert.deepEqual(web.asked, []);
});

for (const [from, code, message] of badSources) {
  test(`nobody is asked: ${from.replace(one, 'AAA.onion')}`, async (t) => {
    const { update, web } = await prepare(t);
    await assert.rejects(update({ from }), { code, message });
    assert.deepEqual(web.asked, []);
  });
}
