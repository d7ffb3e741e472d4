import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EsmtpCapabilities, noCapabilities } from '../../src/protocol/esmtp-capabilities.ts';
import { buildEnvelopeCommands, type Envelope, encodeCommand } from '../../src/protocol/smtp-envelope.ts';

const everything: EsmtpCapabilities = {
  pipelining: true,
  chunking: true,
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  enhancedStatusCodes: true,
  startTls: true,
  requireTls: true,
  maxMessageBytes: 0,
};

const full: Envelope = {
  sender: {
    path: 'a@sender.test',
    parameters: ['SIZE=10', 'body=8bitmime', 'SMTPUTF8', 'RET=HDRS', 'ENVID=x+2By', 'AUTH=<>'],
  },
  recipients: [
    { path: 'b@x.test', parameters: ['NOTIFY=SUCCESS,FAILURE', 'ORCPT=rfc822;b@x.test'] },
    { path: '"odd > one"@x.test', parameters: [] },
  ],
};

function build(envelope: Envelope, capabilities: EsmtpCapabilities) {
  return buildEnvelopeCommands(envelope, capabilities, 'AAA.onion:25');
}

test('an exchanger that offers everything gets everything but AUTH, untouched and in order', () => {
  assert.deepEqual(build(full, everything), {
    mail: 'MAIL FROM:<a@sender.test> SIZE=10 body=8bitmime SMTPUTF8 RET=HDRS ENVID=x+2By',
    recipients: [
      'RCPT TO:<b@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@x.test',
      'RCPT TO:<"odd > one"@x.test>',
    ],
  });
});

test('without DSN and SIZE their parameters are dropped', () => {
  const { mail, recipients } = build(full, { ...everything, dsn: false, maxMessageBytes: undefined });
  assert.equal(mail, 'MAIL FROM:<a@sender.test> body=8bitmime SMTPUTF8');
  assert.equal(recipients[0], 'RCPT TO:<b@x.test>');
});

test('the null sender and BODY=7BIT need nothing', () => {
  const sender = { path: '', parameters: ['BODY=7BIT'] };
  assert.equal(build({ sender, recipients: [] }, noCapabilities).mail, 'MAIL FROM:<>');
});

test('a parameter that nobody knows is for the exchanger to judge', () => {
  const sender = { path: '', parameters: ['REQUIRETLS', 'CONSTRUCTOR=1'] };
  assert.equal(build({ sender, recipients: [] }, everything).mail, 'MAIL FROM:<> REQUIRETLS CONSTRUCTOR=1');
});

const lacking: readonly [why: string, envelope: Envelope, code: string, status: string][] = [
  [
    '8-bit octets',
    { sender: { path: '', parameters: ['BODY=8BITMIME'] }, recipients: [] },
    'exchanger-lacks-8bitmime',
    '5.6.3',
  ],
  [
    'binary octets',
    { sender: { path: '', parameters: ['body=binarymime'] }, recipients: [] },
    'exchanger-lacks-8bitmime',
    '5.6.3',
  ],
  [
    'SMTPUTF8 asked for',
    { sender: { path: '', parameters: ['smtputf8'] }, recipients: [] },
    'exchanger-lacks-smtputf8',
    '5.6.7',
  ],
  [
    'a sender beyond ASCII',
    { sender: { path: 'ä@x.test', parameters: [] }, recipients: [] },
    'exchanger-lacks-smtputf8',
    '5.6.7',
  ],
  [
    'a recipient beyond ASCII',
    { sender: { path: '', parameters: [] }, recipients: [{ path: '雪@x.test', parameters: [] }] },
    'exchanger-lacks-smtputf8',
    '5.6.7',
  ],
  [
    'what the sender wants to go over TLS alone',
    { sender: { path: '', parameters: ['RequireTLS'] }, recipients: [] },
    'exchanger-lacks-requiretls',
    '5.7.30',
  ],
];

for (const [why, envelope, code, status] of lacking) {
  test(`an exchanger without the extension cannot have ${why}`, () => {
    const expected = { code, status, permanent: true, message: /AAA\.onion:25 does not offer / };
    assert.throws(() => build(envelope, noCapabilities), expected);
  });
}

test('no address can bring a command of its own', () => {
  assert.equal(encodeCommand('NOOP é'), 'NOOP é\r\n');
  for (const bad of ['a\r\nQUIT', 'a\rb', 'a\nb', 'a\0b']) {
    assert.throws(() => encodeCommand(`RCPT TO:<${bad}>`), { code: 'bug', message: /control character/ });
  }
});
