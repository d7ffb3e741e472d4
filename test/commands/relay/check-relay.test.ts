import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CheckRelayOptions, runCheckRelayCommand } from '../../../src/commands/relay/check-relay.ts';
import { torPathsIn } from '../../../src/tor/torrc.ts';
import { hangUp } from '../../delivery/exchanger-server.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { startFakeTor } from '../fake-tor.ts';
import { makeConfig } from '../made-up-config.ts';

type Far = Parameters<typeof startFakeTor>[2][string];

const onion = makeOnionAddress(1);
const denied = '554 5.7.1 Relay access denied';
const isControl = (line: string) => line === 'RCPT TO:<postmaster@own.test>';

/** Takes its postmaster's mail, and what `takes` says; refuses all else as relaying. */
function host(takes: (line: string) => boolean, offers: readonly string[] = ['SMTPUTF8']) {
  const answer = (line: string) =>
    line.startsWith('RCPT') && !isControl(line) && !takes(line) ? denied : undefined;
  return { offers, answer };
}

async function prepare(t: TestContext, far: Far) {
  const { config } = makeConfig(t, () => ({ domains: { own: ['own.test'] } }));
  const tor = await startFakeTor(t, torPathsIn(join(config.stateFolder, 'tor')).socks, {
    [`${onion}:25`]: far,
  });
  const run = async (change: Partial<CheckRelayOptions> = {}) => {
    let text = '';
    const options = {
      targets: [onion],
      domain: undefined,
      torrc: undefined,
      postfix: undefined,
      list: false,
      json: false,
      config,
      ...change,
    };
    const code = await runCheckRelayCommand(options, (more) => void (text += more));
    return { code, text };
  };
  return { run, tor };
}

test('a host that refuses all: the verdict in one line, and no message is sent', async (t) => {
  const { run, tor } = await prepare(
    t,
    host(() => false),
  );
  const { code, text } = await run();
  assert.equal(code, 0);
  assert.match(text, /^\S+\.onion:25: no open relay: all \d+ attempts were refused\n$/);
  assert.ok(tor.servers.length > 4, 'few envelopes a session: hosts punish errors');
  for (const { messages, commands, violations } of tor.servers) {
    assert.deepEqual([messages, violations], [[], []]);
    assert.equal(
      commands.some((line) => /^(DATA|BDAT)/.test(line)),
      false,
    );
  }
});

test('an open relay: the verdict first, then each envelope that was accepted, then what to do', async (t) => {
  const { run } = await prepare(
    t,
    host((line) => line.includes('%example.com@own.test')),
  );
  const { code, text } = await run();
  assert.equal(code, 77);
  const [verdict, ...rest] = text.split('\n');
  assert.match(verdict ?? '', /: AN OPEN RELAY for whoever comes this way: 1 of \d+ attempts were accepted$/);
  assert.match(
    rest.join('\n'),
    /percent-own +the percent hack at own\.test\n.*RCPT TO:<onionmx-check%example\.com@own\.test>: 250/,
  );
  assert.match(rest.join('\n'), /Stop the onion service until this is mended\. docs\/receiving\.md/);
});

test('--prove: one message that nobody can get, and no more', async (t) => {
  const { run, tor } = await prepare(
    t,
    host((line) => line.startsWith('RCPT') && !line.includes('no-such-user')),
  );
  const { code, text } = await run({ prove: true });
  assert.equal(code, 77);
  assert.match(
    text,
    /\n {2}proved: a message from <> to onionmx-check@onionmx-check\.invalid was taken: 250 .*\n {2}Stop the onion/,
  );
  const [message, ...more] = tor.servers.flatMap(({ messages }) => messages);
  assert.deepEqual(
    [message?.sender, message?.recipients, more],
    ['MAIL FROM:<>', ['RCPT TO:<onionmx-check@onionmx-check.invalid>'], []],
  );
  assert.match(message?.body ?? '', /sent by "onionmx check relay --prove"/);
  assert.deepEqual(
    tor.servers.flatMap(({ violations }) => violations),
    [],
  );
});

test('--prove: what the host does not take proves nothing, and is said', async (t) => {
  const takes = host((line) => line.includes('onionmx-check@'));
  const answers = {
    'its recipient is refused': (line: string) => (line.includes('.invalid') ? denied : takes.answer(line)),
    'the message is refused': (line: string) => (line === '.' ? '550 5.7.1 spam' : takes.answer(line)),
  };
  const texts: string[] = [];
  for (const answer of Object.values(answers)) {
    await t.test(async (inner) => {
      const { run } = await prepare(inner, { ...takes, answer });
      texts.push((await run({ prove: true })).text);
    });
  }
  assert.match(texts[0] ?? '', /not proved, no message was sent: onionmx-check@.*invalid: 554 5\.7\.1 Relay/);
  assert.match(
    texts[1] ?? '',
    /not proved: a message to onionmx-check@.*invalid was not taken: 550 5\.7\.1 spam/,
  );
});

test('--prove: nothing was accepted, nothing is sent', async (t) => {
  const { run, tor } = await prepare(
    t,
    host(() => false),
  );
  assert.equal((await run({ prove: true })).code, 0);
  assert.ok(tor.servers.every(({ commands }) => !commands.includes('DATA')));
});

test('a host that takes any user of its domain: no alarm, and no all-clear', async (t) => {
  const { run } = await prepare(
    t,
    host((line) => line.endsWith('@own.test>')),
  );
  const { code, text } = await run();
  assert.equal(code, 75);
  assert.match(text, /: not clear: none of \d+ attempts was accepted, but 6 answers prove nothing\n/);
});

test('a host without SMTPUTF8: those attempts are left out', async (t) => {
  const { run } = await prepare(
    t,
    host(() => false, []),
  );
  assert.match((await run()).text, /\n {2}2 attempts were left out: no SMTPUTF8 is offered\n$/);
});

test('a host that ends sessions after some errors: the check goes on in another', async (t) => {
  let refusals = 0;
  const answer = (line: string) => {
    if (!line.startsWith('RCPT') || isControl(line)) return undefined;
    refusals += 1;
    return refusals % 5 === 0 ? '421 4.7.0 Error: too many errors' : denied;
  };
  const { run } = await prepare(t, { offers: ['SMTPUTF8'], answer });
  assert.equal((await run()).code, 0);
});

test('as JSON: every attempt with its reply', async (t) => {
  const { run } = await prepare(
    t,
    host((line) => line.includes('TO:<onionmx-check@example.com>')),
  );
  const { findings, targets } = JSON.parse((await run({ json: true })).text);
  const [{ target, verdict, attempts, error }] = targets;
  assert.deepEqual(findings, []);
  assert.deepEqual([target, verdict, error], [`${onion}:25`, 'open', null]);
  const { id, finding, reply, sender, recipients } = attempts[0];
  assert.deepEqual([id, finding, reply.code], ['plain', 'accepted', 250]);
  assert.deepEqual([sender, recipients], ['onionmx-check@example.net', ['onionmx-check@example.com']]);
});

test('a target that cannot be tried has no verdict', async (t) => {
  const { run } = await prepare(t, 0xf0);
  const { code, text } = await run();
  assert.equal(code, 75);
  assert.match(
    text,
    /: not known\. It could not be tried: \S+\.onion has no descriptor.*\n {2}ask the operator/,
  );
});

test('what was accepted before the host broke off is an open relay all the same', async (t) => {
  let attempts = 0;
  const answer = (line: string) => {
    if (!line.startsWith('RCPT') || isControl(line) || line.includes('no-such-user'))
      return line.startsWith('RCPT') && !isControl(line) ? denied : undefined;
    attempts += 1;
    return attempts === 1 ? undefined : hangUp;
  };
  const { run } = await prepare(t, { offers: ['SMTPUTF8'], answer });
  const { code, text } = await run();
  assert.equal(code, 77);
  assert.match(
    text,
    /: AN OPEN RELAY\. It could not be tried to the end: .* was lost before its answer to RCPT/,
  );
  assert.match(text, /\n {2}plain +from outside to outside\n/);
});

test('the list needs nobody to try it on', async (t) => {
  const { run, tor } = await prepare(t, 0xf0);
  const { code, text } = await run({ list: true, targets: [] });
  assert.equal(code, 0);
  assert.match(
    text,
    /^plain +from outside to outside\n +MAIL FROM:<onionmx-check@example\.net> RCPT TO:<onionmx-check@example\.com>\n/,
  );
  const listed = JSON.parse((await run({ list: true, json: true, domain: 'Other.test' })).text);
  assert.ok(listed.some(({ sender }: { sender: string }) => sender === 'postmaster@other.test'));
  assert.deepEqual(tor.asked, []);
});

test('without a target, the configurations are asked; what they cannot tell is said', async (t) => {
  const { run } = await prepare(t, 0xf0);
  const torrc = '/dev/null/torrc';
  await assert.rejects(run({ targets: [], torrc }), { code: 'torrc-unreadable' });
});

test('what is missing is said', async (t) => {
  const { run } = await prepare(t, 0xf0);
  await assert.rejects(run({ targets: ['192.0.2.1:25'] }), { code: 'socket-address-invalid' });
  const { config } = makeConfig(t, () => ({}));
  await assert.rejects(run({ config }), { code: 'own-domain-unknown', hint: /--domain example\.org/ });
});
