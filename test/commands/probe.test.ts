import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ProbeCommandOptions, runProbeCommand } from '../../src/commands/probe.ts';
import { type ErrorCode, OnionmxError } from '../../src/errors.ts';
import { torPathsIn } from '../../src/tor/torrc.ts';
import { answerWith, hangUp } from '../delivery/exchanger-server.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { startFakeTor } from './fake-tor.ts';
import { makeConfig } from './made-up-config.ts';

const [one, two, three] = [makeOnionAddress(1), makeOnionAddress(2), makeOnionAddress(3)];
/** b.test has three exchangers, which stand in the file in the wrong order. */
const map = `${one}: [a.test]
b.test:
  - { onion: ${three}, priority: 30 }
  - { onion: ${one}, priority: 10 }
  - { onion: ${two}, port: 2525, priority: 20 }
`;

async function prepare(t: TestContext, far: Parameters<typeof startFakeTor>[2]) {
  const { config, folder } = makeConfig(t, (own) => ({
    map: [join(own, 'map.yml')],
    domains: { own: ['own.test'] },
  }));
  writeFileSync(join(folder, 'map.yml'), map);
  const tor = await startFakeTor(t, torPathsIn(join(config.stateFolder, 'tor')).socks, far);
  const run = async (target: string, options: Partial<ProbeCommandOptions> = {}) => {
    let text = '';
    const all = { target, to: undefined, json: false, config, log: createRecordingLog(), ...options };
    const code = await runProbeCommand(all, (more) => void (text += more));
    return { code, text: text.replaceAll(/ +\d+ ms /g, ' N ms ') };
  };
  return { run, tor };
}

test('an exchanger that answers: each step, how long it took and what was said', async (t) => {
  const { run, tor } = await prepare(t, { [`${one}:25`]: { offers: ['PIPELINING'] } });
  assert.deepEqual(await run('a.test'), {
    code: 0,
    text: `${one}:25
  connect N ms  through Tor, on a new circuit
  banner N ms  220 mx.example.test ESMTP
  EHLO N ms  250 mx.example.test PIPELINING HELP
`,
  });
  assert.deepEqual(tor.servers[0]?.commands, ['EHLO [127.0.0.1]', 'QUIT']);
});

test('a recipient is asked for from the null sender, and nothing is sent', async (t) => {
  const { run, tor } = await prepare(t, { [`${one}:25`]: {} });
  const { code, text } = await run('bob@a.test', { to: 'bob+x@a.test' });
  assert.equal(code, 0);
  assert.match(text, /RCPT N ms {2}250 2\.1\.5 Ok\n {2}RSET N ms {2}250/);
  const commands = ['EHLO [127.0.0.1]', 'MAIL FROM:<>', 'RCPT TO:<bob+x@a.test>', 'RSET', 'QUIT'];
  assert.deepEqual([tor.servers[0]?.commands, tor.servers[0]?.messages], [commands, []]);
});

test('a refused recipient: the reply word for word, and EX_NOHOST', async (t) => {
  const answer = answerWith({ RCPT: '550-5.1.1 no such\r\n550 5.1.1 user here' });
  const { run } = await prepare(t, { [`${one}:25`]: { answer } });
  const { code, text } = await run('a.test', { to: 'nobody@a.test' });
  assert.equal(code, 68);
  assert.match(text, /RCPT N ms {2}550 5\.1\.1 no such 5\.1\.1 user here\n/);
});

const sessions: readonly [
  why: string,
  rules: Parameters<typeof startFakeTor>[2][string],
  code: number,
  text: RegExp,
][] = [
  ['the banner refuses', { banner: '554 5.7.1 go away' }, 68, /banner N ms {2}554 5\.7\.1 go away\n$/],
  [
    'HELO when EHLO is refused',
    { answer: answerWith({ EHLO: '502 what?' }) },
    0,
    /EHLO N ms {2}502 what\?\n {2}HELO N ms {2}250 /,
  ],
  [
    'EHLO is refused for now, as delivery would not go on either',
    { answer: answerWith({ EHLO: '450 later' }) },
    75,
    /EHLO N ms {2}450 later\n$/,
  ],
  ['EHLO and HELO are refused', { answer: () => '550 not you' }, 68, /HELO N ms {2}550 not you\n$/],
  [
    'a busy exchanger (421) is no fault of ours',
    { banner: '421 4.7.0 too many sessions' },
    75,
    /connect N ms .*\n {2}banner N ms {2}421 4\.7\.0 too many sessions\n$/,
  ],
  [
    'it hangs up',
    { answer: () => hangUp },
    75,
    /banner N ms .*\n {2}failed: .* was lost before its answer to EHLO/,
  ],
  ['it is no SMTP server', { banner: 'SSH-2.0-OpenSSH_9.2' }, 75, /failed: .* does not keep to SMTP/],
  [
    'no descriptor',
    0xf0,
    75,
    /failed: \S+\.onion has no descriptor.*\(SOCKS reply 0xF0\)\n {2}ask the operator/,
  ],
  ['it wants client authorisation', 0xf4, 75, /failed: .*authorisation/],
];
for (const [why, rules, code, text] of sessions) {
  test(`exit code ${code} and the reason: ${why}`, async (t) => {
    const { run } = await prepare(t, { [`${one}:25`]: rules });
    const result = await run('a.test');
    assert.equal(result.code, code);
    assert.match(result.text, text);
  });
}

test('Tor cannot be reached: where, why, and what to do', async (t) => {
  const { config } = makeConfig(t, (own) => ({ tor: { use: 'running', socks: `unix:${own}/none` } }));
  let text = '';
  const options = { target: one, to: undefined, json: false, config, log: createRecordingLog() };
  assert.equal(await runProbeCommand(options, (more) => void (text += more)), 69);
  assert.match(
    text,
    /^\S+:25\n {2}failed: cannot reach Tor at unix:\S+\/none: .*ENOENT.*\n {2}see whether Tor runs/,
  );
});

test('several exchangers are asked in the order of their preference; one that answers is enough', async (t) => {
  const { run, tor } = await prepare(t, {
    [`${one}:25`]: 0xf2,
    [`${two}:2525`]: {},
    [`${three}:25`]: { banner: '554 no' },
  });
  const { code, text } = await run('b.test');
  assert.equal(code, 0);
  assert.deepEqual(tor.asked, [`${one}:25`, `${two}:2525`, `${three}:25`]);
  assert.deepEqual(text.match(/^\S+/gm), tor.asked, 'each has a paragraph, in the same order');
});

test('as JSON: one document, with all facts', async (t) => {
  const { run } = await prepare(t, {
    [`${one}:25`]: 0xf0,
    [`${two}:2525`]: { answer: answerWith({ RCPT: '550 no' }) },
  });
  const { code, text } = await run('b.test', { json: true, to: 'bob@b.test' });
  assert.equal(code, 75, 'the last one decides when none is good');
  const { target, exchangers } = JSON.parse(text);
  assert.equal(target, 'b.test');
  const [first, second, third] = exchangers;
  assert.equal(exchangers.length, 3);
  assert.deepEqual([first.exchanger, first.connectMs, first.steps], [`${one}:25`, null, []]);
  assert.deepEqual([first.error.code, typeof first.error.hint], ['onion-no-descriptor', 'string']);
  assert.deepEqual(
    [second.exchanger, second.error, typeof second.connectMs],
    [`${two}:2525`, null, 'number'],
  );
  const { step, ms, reply } = second.steps[3];
  assert.deepEqual([step, typeof ms, reply], ['RCPT', 'number', { code: 550, lines: ['no'] }]);
  assert.equal(third.error.code, 'onion-no-descriptor');
});

test('as JSON: a failure before anybody is asked', async (t) => {
  const { run } = await prepare(t, {});
  const { code, text } = await run('own.test', { json: true });
  assert.equal(code, 68);
  const { exchangers, error } = JSON.parse(text);
  assert.deepEqual([exchangers, error.code], [[], 'no-onion-route']);
});

test('DNS fails: that is no word on whether the domain has an onion', async (t) => {
  const { run } = await prepare(t, {});
  await assert.rejects(run('nobody.test'), { code: 'route-unknown', message: /^nobody\.test: / });
});

const targets: readonly [target: string, asked: string][] = [
  [one, `${one}:25`],
  [`bob@${one}`, `${one}:25`],
  [`${one}:2525`, `${one}:2525`],
  [`Mail.${one.toUpperCase()}:587`, `${one}:587`],
];
for (const [target, asked] of targets) {
  test(`the target ${target.replaceAll(/[a-z2-7]{56}/gi, 'AAA')}`, async (t) => {
    const { run, tor } = await prepare(t, { [asked]: {} });
    assert.equal((await run(target)).code, 0);
    assert.deepEqual(tor.asked, [asked]);
  });
}

const badPorts = ['', '0', '65536', '123456', '25x', ' 25', '-1', '2.5'];
const refusals: readonly (readonly [why: string, target: string, code: ErrorCode, message: RegExp])[] = [
  [
    'a domain without an onion',
    'own.test',
    'no-onion-route',
    /^own\.test has no onion mail exchanger: it is an own/,
  ],
  [
    'an onion address that cannot be',
    'abc.onion',
    'no-onion-route',
    /^abc\.onion has no onion mail .* 3 characters/,
  ],
  ['the same with a port', 'abc.onion:25', 'address-bad-length', / 3 characters/],
  ['nonsense', 'what?', 'domain-invalid', /^"what\?" is no domain name/],
  ['an address without a domain', 'bob@', 'domain-invalid', /^"bob@" is no domain name/],
  [
    'the port of a domain',
    'a.test:25',
    'address-not-onion',
    /^"a\.test:25": only an onion address has a port/,
  ],
  ...badPorts.map(
    (port) =>
      [`the port "${port}"`, `${one}:${port}`, 'port-invalid', /no port between 1 and 65535/] as const,
  ),
];
for (const [why, target, code, message] of refusals) {
  test(`nobody is asked: ${why}`, async (t) => {
    const { run, tor } = await prepare(t, {});
    await assert.rejects(run(target), { code, message });
    assert.deepEqual(tor.asked, []);
  });
}

const injections: readonly [why: string, to: string][] = [
  ['a second command', 'bob@a.test>\r\nDATA'],
  ['a line feed', 'bob@a.test\nDATA'],
  ['a carriage return', 'bob@a.test\rDATA'],
  ['a parameter', 'bob@a.test> NOTIFY=NEVER'],
  ['a blank', 'bob @a.test'],
  ['a tab', 'bob\t@a.test'],
  ['angle brackets', '<bob@a.test>'],
  ['a NUL', 'bob@a.test\0'],
  ['a wide blank', 'bob\u3000@a.test'],
  ['a line separator of Unicode', 'bob\u2028@a.test'],
  ['the C1 control NEL', 'bob\u0085@a.test'],
  ['nothing', ''],
  ['no domain', 'bob'],
  ['an empty domain', 'bob@'],
  ['an empty name', '@a.test'],
];
for (const [why, to] of injections) {
  test(`a recipient with ${why} is refused before anybody is reached`, async (t) => {
    const { run, tor } = await prepare(t, { [`${one}:25`]: {} });
    await assert.rejects(run('a.test', { to }), (error) => {
      assert.ok(error instanceof OnionmxError);
      assert.equal(error.code, 'mail-address-invalid');
      assert.ok(error.message.startsWith(JSON.stringify(to)));
      return true;
    });
    assert.deepEqual(tor.asked, []);
  });
}
