/** The command as an operator runs it. Each process costs half a second of CPU: what can be tested without one is in test/commands/. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { parseConfig } from '../src/config/parse-config.ts';
import { toPlainConfig } from '../src/config/print-config.ts';
import { encodeNetstring } from '../src/protocol/netstring.ts';
import { startFakeTor } from './commands/fake-tor.ts';
import { readAll, runMain, startMain } from './commands/main-process.ts';
import { rootEnvironment } from './config/made-up-environment.ts';
import { connectLmtp } from './delivery/lmtp-client.ts';
import { makeOnionAddress } from './made-up-onions.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const onion = makeOnionAddress(1);

/** A configuration file that touches nothing of this host, and its folder. */
function writeConfig(t: TestContext, more: Readonly<Record<string, unknown>> = {}) {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'onionmx.yaml');
  const mapFile = join(folder, 'map.yml');
  const settings = {
    stateFolder: join(folder, 'state'),
    map: [mapFile],
    dns: { resolvers: ['127.0.0.1:1'] },
    lookup: { socketmap: [`unix:${folder}/map.sock`] },
    delivery: {
      endpointFolder: join(folder, 'e'),
      nexthopPrefix: 'onionmx',
      routingEndpoint: `unix:${folder}/route.sock`,
    },
    sockets: { group: 'no-such-group' },
    tor: { use: 'running', socks: `unix:${folder}/tor.sock` },
    ...more,
  };
  writeFileSync(mapFile, `${onion}: [a.test]\n`);
  writeFileSync(file, stringify(settings));
  return { folder, file, mapFile, socket: join(folder, 'map.sock') };
}

test('--version', async (t) => {
  const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.deepEqual(await runMain(t, '--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('--help lists the commands', async (t) => {
  const { code, stdout, stderr } = await runMain(t, '--help');
  assert.deepEqual([code, stderr], [0, '']);
  for (const command of ['serve', 'lookup', 'probe', 'config']) {
    assert.match(stdout, new RegExp(`^ {2}${command} .*\\S {2,}\\S`, 'm'), 'with a word on what it does');
  }
});

const misuses: readonly [args: readonly string[], text: RegExp][] = [
  [['deliver'], /unknown command 'deliver'/],
  [['lookup', 'bob@a.test', '--jsn'], /unknown option '--jsn'\n.*--json/],
];
for (const [args, text] of misuses) {
  test(`EX_USAGE, and a text on standard error: onionmx ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await runMain(t, ...args);
    assert.deepEqual([code, stdout], [64, '']);
    assert.match(stderr, text);
  });
}

test('a configuration file that is named and missing: EX_CONFIG, its path, and what to do', async (t) => {
  const file = join(makeTemporaryFolder(t), 'none.yaml');
  const { code, stdout, stderr } = await runMain(t, 'serve', '-c', file);
  assert.deepEqual([code, stdout], [78, '']);
  assert.equal(
    stderr,
    `onionmx: there is no configuration file ${file}\nwrite one: onionmx config > ${file}`,
  );
});

test('a bad configuration: EX_CONFIG, with file, line and column of each complaint', async (t) => {
  const { file } = writeConfig(t);
  writeFileSync(file, 'log: {level: loud}\ntorr: {}\n');
  const { code, stdout, stderr } = await runMain(t, 'config', '-c', file);
  assert.deepEqual([code, stdout], [78, ''], 'nothing goes where the YAML would go');
  assert.ok(stderr.startsWith(`onionmx: ${file}:1:14: log.level: must be `), stderr);
  assert.ok(stderr.includes(`\n${file}:2:1: unknown key torr: did you mean tor?\n`), stderr);
});

test('config prints YAML that gives the same configuration again', async (t) => {
  const { file } = writeConfig(t);
  const { code, stdout, stderr } = await runMain(t, 'config', '--config', file);
  assert.deepEqual([code, stderr], [0, '']);
  const [printed, written] = [stdout, readFileSync(file, 'utf8')].map((text) =>
    toPlainConfig(parseConfig(text, file, rootEnvironment)),
  );
  assert.deepEqual(printed, written);
});

test('config --check --json', async (t) => {
  const { file } = writeConfig(t);
  const { code, stdout, stderr } = await runMain(t, 'config', '--check', '--json', '-c', file);
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(JSON.parse(stdout), { ok: true, file, domains: 1, warnings: [] });
});

test('large output to a slow reader is complete, although the process ends at once', async (t) => {
  const own = Array.from({ length: 30_000 }, (_, number) => `domain-${number}.example.org`);
  const { file } = writeConfig(t, { domains: { own } });
  const main = startMain(t, ['config', '--json', '-c', file]);
  await once(main.stdout, 'readable'); // it writes; we take no more than what Node buffers
  const stdout = await readAll(main.stdout);
  assert.deepEqual(await main.ended, { code: 0, stderr: '' });
  assert.ok(stdout.length > 512 * 1024, 'more than any pipe or socket of the test takes at once');
  assert.equal(JSON.parse(stdout).domains.own.length, own.length);
});

test('a reader that goes away is no failure to complain of', async (t) => {
  const { file } = writeConfig(t);
  const main = startMain(t, ['config', '-c', file]);
  main.stdout.destroy();
  assert.deepEqual(await main.ended, { code: 0, stderr: '' });
});

test('serve answers, takes over a changed map, keeps a second one out, and leaves no socket behind', async (t) => {
  const { file, folder, mapFile, socket } = writeConfig(t);
  const main = startMain(t, ['serve', '-c', file]);
  await main.waitForLine('"ready"');
  const answer = `OK onion:unix:onionmx/${onion}`;
  assert.equal(await askSocketmap(t, socket, 'bob@a.test'), answer);

  writeFileSync(mapFile, `${onion}: [a.test, b.test]\n`);
  main.send('SIGHUP');
  await main.waitForLine('"domains":2', 2); // of the signal, and of the watch on the file
  assert.equal(await askSocketmap(t, socket, 'bob@b.test'), answer);

  const second = await runMain(t, 'serve', '-c', file);
  assert.equal(second.code, 71);
  assert.match(
    second.stderr,
    /^onionmx: cannot listen on unix:\S+\.sock: another process is listening there\nstop the other process/m,
  );
  assert.equal(await askSocketmap(t, socket, 'bob@a.test'), answer, 'the first goes on');

  const sockets = [socket, join(folder, 'e', onion), join(folder, 'route.sock')];
  assert.deepEqual(sockets.map(existsSync), [true, true, true]);
  main.send('SIGTERM');
  const { code, stderr } = await main.ended;
  assert.equal(code, 0);
  assert.deepEqual(sockets.map(existsSync), [false, false, false]);
  assert.doesNotMatch(stderr, /"level":"(warn|error)"/, 'a healthy day shows no warning');
});

test('a message goes through the house, and no further than its route leads', async (t) => {
  const { file, folder, socket } = writeConfig(t);
  const tor = await startFakeTor(
    t,
    { kind: 'unix', path: join(folder, 'tor.sock') },
    { [`${onion}:25`]: {} },
  );
  const main = startMain(t, ['serve', '-c', file]);
  await main.waitForLine('"ready"');
  await askSocketmap(t, socket, 'bob@a.test');
  const client = await connectLmtp(t, { kind: 'unix', path: join(folder, 'e', onion) });
  assert.match((await client.hear()) ?? '', /^220 /);
  await client.ask('LHLO mta.test');
  await client.ask('MAIL FROM:<eve@own.test>');
  assert.match(
    await client.ask('RCPT TO:<bob@c.test>'),
    /^4\d\d 4\.4\.3 .*c\.test/,
    'DNS fails: nobody knows',
  );
  assert.match(await client.ask('RCPT TO:<bob@a.test>'), /^250 /);
  assert.match(await client.ask('DATA'), /^354 /);
  assert.match(await client.ask('Subject: x\r\n\r\ntext\r\n.'), /^250 .*queued as Q1$/);
  assert.deepEqual(tor.servers[0]?.messages, [
    {
      sender: 'MAIL FROM:<eve@own.test>',
      recipients: ['RCPT TO:<bob@a.test>'],
      body: 'Subject: x\r\n\r\ntext\r\n',
    },
  ]);
  main.send('SIGINT');
  assert.equal((await main.ended).code, 0);
});

async function askSocketmap(t: TestContext, path: string, key: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.end(encodeNetstring(`onionmx ${key}`));
  return (await readAll(socket)).replace(/^\d+:(.*),$/s, '$1');
}
