import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { buildRelayAttempts } from '../../../src/relay-check/relay-attempts.ts';
import { parseRelayTarget } from '../../../src/relay-check/relay-target.ts';
import {
  findingToText,
  formatPlan,
  formatResult,
  unnamedToText,
} from '../../../src/commands/relay/relay-report.ts';

const finding = {
  service: '/var/lib/tor/mail',
  virtualPort: 25,
  listener: 'smtp',
  what: 'onion clients appear as 127.0.0.1',
  setting: 'mynetworks = 127.0.0.0/8',
} as const;

test('a finding: where, how bad, why, the setting, and the line that mends it', () => {
  assert.equal(
    findingToText({ ...finding, severity: 'open', fix: 'master.cf: -o mynetworks=' }),
    `/var/lib/tor/mail, port 25: AN OPEN RELAY: onion clients appear as 127.0.0.1
  mynetworks = 127.0.0.0/8
  to mend it: master.cf: -o mynetworks=
`,
  );
});

test('what is fine needs no cure', () => {
  const text = findingToText({ ...finding, severity: 'fine', fix: undefined });
  assert.match(text, /, port 25: fine: /);
  assert.doesNotMatch(text, /mend/);
});

test('a service that cannot be tried through Tor is named, with what to do', () => {
  assert.equal(
    unnamedToText('/var/lib/tor/mail'),
    '/var/lib/tor/mail: not tried through Tor: /var/lib/tor/mail/hostname cannot be read; run this as root, or name the address\n',
  );
});

const plan = { findings: [], targets: [], others: [], untried: [], unnamed: [], unread: undefined };
const usual = parseRelayTarget('127.0.0.1:25');

test('what is not tried is said, and how to try it', () => {
  const left = {
    ...plan,
    others: [usual],
    untried: ['submissions: it speaks TLS from the first byte'],
    unread: 'exim',
  } as const;
  assert.equal(
    formatPlan(left, false),
    `exim is configured here too and was not read: --mail-server exim
not tried, as no onion service leads there: 127.0.0.1:25; --all tries them as a local process
not tried: submissions: it speaks TLS from the first byte
`,
  );
  assert.doesNotMatch(formatPlan(left, true), /--all/);
  assert.equal(formatPlan(plan, false), '');
});

const refusing = {
  verdict: 'unclear',
  doubts: ['its own postmaster is refused as well: 530 login'],
} as const;

test('a listener that no onion service leads to: one line, and no alarm', () => {
  const local = { target: usual, isLocalOnly: true, outcomes: [], error: undefined } as const;
  const attempt = buildRelayAttempts({ ownDomain: parseDomainName('own.test'), ownOnion: undefined })[0];
  assert.ok(attempt !== undefined);
  const outcomes = [{ attempt, finding: 'accepted', reply: { code: 250, lines: ['Ok'] } }] as const;
  const front = '127.0.0.1:25, no onion service leads there: ';
  assert.equal(
    formatResult({ ...local, report: { verdict: 'open', doubts: [] }, outcomes }),
    `${front}open to local processes, as is usual: 1 of 1 attempts were accepted\n`,
  );
  assert.equal(
    formatResult({ ...local, report: refusing }),
    `${front}closed to local processes too: nothing was accepted; its own postmaster is refused as well: 530 login\n`,
  );
  const error = new OnionmxError('connect-failed', 'nobody is there');
  assert.equal(formatResult({ ...local, report: undefined, error }), `${front}nobody is there\n`);
});
