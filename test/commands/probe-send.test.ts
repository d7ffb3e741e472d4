import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runProbeSendCommand } from '../../src/commands/probe-send.ts';
import { torPathsIn } from '../../src/tor/torrc.ts';
import { answerWith, hangUp } from '../delivery/exchanger-server.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { startFakeTor } from './fake-tor.ts';
import { makeConfig } from './made-up-config.ts';

type Far = Parameters<typeof startFakeTor>[2];

const onion = makeOnionAddress(1);
const exchanger = `${onion}:25`;

async function prepare(t: TestContext, far: Far, own: readonly string[] = ['own.test']) {
  const { config, folder } = makeConfig(t, (stateParent) => ({
    map: [join(stateParent, 'map.yml')],
    domains: { own },
  }));
  writeFileSync(join(folder, 'map.yml'), `${onion}: [a.test]\n`);
  const tor = await startFakeTor(t, torPathsIn(join(config.stateFolder, 'tor')).socks, far);
  const run = async (address: string, json = false) => {
    let text = '';
    const options = { address, json, config, log: createRecordingLog() };
    const code = await runProbeSendCommand(options, (more) => void (text += more));
    return { code, text: text.replaceAll(/ +\d+ ms /g, ' N ms ').replaceAll(/[0-9a-f-]{36}@/g, 'ID@') };
  };
  return { run, tor };
}

test('one marked message goes to the exchanger, and all that was seen is told', async (t) => {
  const { run, tor } = await prepare(t, { [exchanger]: { offers: ['PIPELINING'] } });
  const { code, text } = await run('Bob@A.test');
  assert.equal(code, 0);
  assert.equal(
    text,
    `Bob@A.test
  route    over the onion, on the evidence "pinned"
  session N ms  ${exchanger}, through Tor
  message N ms  <ID@own.test> from <postmaster@own.test>
  reply    250 2.0.0 Ok: queued as Q1
`,
  );
  const [message] = tor.servers[0]?.messages ?? [];
  assert.deepEqual(
    [message?.sender, message?.recipients],
    ['MAIL FROM:<postmaster@own.test>', ['RCPT TO:<Bob@a.test>']],
  );
  const body = message?.body ?? '';
  for (const header of [
    /^From: postmaster@own\.test\r\n/,
    /\r\nTo: Bob@a\.test\r\n/,
    /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n/,
    /\r\nMessage-ID: <[0-9a-f-]{36}@own\.test>\r\n/,
    /\r\nX-Onionmx-Probe: yes\r\n/,
    /\r\nAuto-Submitted: auto-generated\r\n/,
  ])
    assert.match(body, header);
  assert.deepEqual(tor.servers[0]?.commands.at(-1), 'QUIT');
});

test('a host without a domain sends from the null sender', async (t) => {
  const { run, tor } = await prepare(t, { [exchanger]: {} }, []);
  assert.equal((await run('bob@a.test')).code, 0);
  const [message] = tor.servers[0]?.messages ?? [];
  assert.equal(message?.sender, 'MAIL FROM:<>');
  assert.match(message?.body ?? '', /^From: postmaster@onionmx\.invalid\r\n/);
});

test('a local part that is not ASCII needs SMTPUTF8', async (t) => {
  const { run, tor } = await prepare(t, { [exchanger]: { offers: ['SMTPUTF8', '8BITMIME'] } });
  assert.equal((await run('jürgen@a.test')).code, 0);
  assert.ok(tor.servers[0]?.commands.includes('MAIL FROM:<postmaster@own.test> SMTPUTF8 BODY=8BITMIME'));
  const without = await prepare(t, { [exchanger]: {} });
  const { code, text } = await without.run('jürgen@a.test');
  assert.equal(code, 68);
  assert.match(text, /failed: .* does not offer /);
});

const failures: readonly [why: string, far: Far[string], code: number, text: RegExp][] = [
  ['refused', { answer: answerWith({ RCPT: '550 5.1.1 nobody' }) }, 68, /reply {4}550 5\.1\.1 nobody\n$/],
  ['later', { answer: answerWith({ RCPT: '451 4.7.1 later' }) }, 75, /reply {4}451 4\.7\.1 later\n$/],
  ['lost', { answer: answerWith({ RCPT: hangUp }) }, 75, /failed: the connection to .* was lost/],
];
for (const [why, far, code, text] of failures) {
  test(`the exchanger's last word decides: ${why}`, async (t) => {
    const { run } = await prepare(t, { [exchanger]: far });
    const result = await run('bob@a.test');
    assert.equal(result.code, code);
    assert.match(result.text, text);
  });
}

const nothingSent: readonly [address: string, code: string][] = [
  ['bob@own.test', 'no-onion-route'],
  ['bob@short.onion', 'no-onion-route'],
  ['bob@unknown.test', 'route-unknown'],
  ['bob@a.test>\r\nDATA', 'mail-address-invalid'],
  ['a.test', 'mail-address-invalid'],
  ['bob@a_b.test', 'domain-invalid'],
  ['bob@a.test', 'onion-no-descriptor'],
];
for (const [address, code] of nothingSent) {
  test(`nothing is sent: ${JSON.stringify(address)}`, async (t) => {
    const { run, tor } = await prepare(t, {});
    await assert.rejects(run(address), { code });
    assert.deepEqual(tor.servers, []);
    const { code: exitStatus, text } = await run(address, true);
    const { error, reply, exchanger: reached } = JSON.parse(text);
    assert.deepEqual([error.code, reply, reached], [code, null, null]);
    assert.ok(exitStatus > 0);
  });
}

test('as JSON: all facts', async (t) => {
  const { run } = await prepare(t, { [exchanger]: {} });
  const { code, text } = await run('bob@a.test', true);
  assert.equal(code, 0);
  const { sessionMs, messageMs, messageId, ...rest } = JSON.parse(text);
  assert.deepEqual([typeof sessionMs, typeof messageMs, messageId], ['number', 'number', '<ID@own.test>']);
  assert.deepEqual(rest, {
    address: 'bob@a.test',
    sender: 'postmaster@own.test',
    recipient: 'bob@a.test',
    route: { kind: 'onion', evidence: 'pinned' },
    exchanger,
    reply: { code: 250, lines: ['2.0.0 Ok: queued as Q1'] },
    error: null,
  });
});
