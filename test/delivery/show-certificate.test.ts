import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ShowCertificateOptions, showCertificate } from '../../src/delivery/show-certificate.ts';
import { defaultTimeoutsMs } from '../../src/net/smtp-timeouts.ts';
import { testCertificate, testKey } from '../commands/made-up-certificate.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { answerWith, connectToExchanger, hangUp, silence } from './exchanger-server.ts';
import { exchanger, name } from './exchanger-session.ts';

type Rules = Parameters<typeof connectToExchanger>[1];

const offers = ['STARTTLS', 'PIPELINING'];
const good = { offers, tls: { key: serverKey, certificate: serverCertificate } };
const selfSigned = { offers, tls: { key: testKey, certificate: testCertificate } };

async function show(t: TestContext, rules: Rules, options: Partial<ShowCertificateOptions> = {}) {
  const { connection, server } = await connectToExchanger(t, rules);
  const shown = await showCertificate(connection, exchanger, {
    heloName: 'me.test',
    ca: authority,
    ...options,
  });
  await connection.closed;
  assert.deepEqual([server.violations, server.messages], [[], []]);
  return { shown, commands: server.commands };
}

test('a certificate that is trusted, with its names; no mail is sent', async (t) => {
  const { shown, commands } = await show(t, good);
  assert.deepEqual(shown, { kind: 'shown', names: ['example.org', '*.mx.example.net'], isTrusted: true });
  assert.deepEqual(commands, ['EHLO me.test', 'STARTTLS', 'EHLO me.test', 'QUIT']);
});

test('a certificate that nobody signed is shown all the same, and why it is not trusted', async (t) => {
  const { shown } = await show(t, selfSigned);
  const why = 'DEPTH_ZERO_SELF_SIGNED_CERT';
  assert.deepEqual(shown, { kind: 'shown', names: ['maps.test'], isTrusted: false, why });
});

test('so is one of an authority that we do not know', async (t) => {
  const { shown } = await show(t, good, { ca: testCertificate });
  assert.equal(shown.kind === 'shown' && shown.isTrusted, false);
});

test('no STARTTLS is offered', async (t) => {
  const { shown, commands } = await show(t, { ...good, offers: [] });
  assert.deepEqual(shown, { kind: 'none', why: `${name} does not offer STARTTLS` });
  assert.deepEqual(commands, ['EHLO me.test', 'QUIT']);
});

const failures: readonly [why: string, rules: Rules, code: string][] = [
  ['it refuses the session', { ...good, banner: '554 no' }, 'exchanger-refused'],
  [
    'it refuses STARTTLS',
    { ...good, answer: answerWith({ STARTTLS: '454 4.7.0 not now' }) },
    'exchanger-refused',
  ],
  ['it leaves', { ...good, answer: answerWith({ STARTTLS: '421 4.3.2 bye' }) }, 'exchanger-refused'],
  ['it hangs up', { ...good, answer: answerWith({ STARTTLS: hangUp }) }, 'exchanger-lost'],
  ['it says nothing', { ...good, answer: answerWith({ STARTTLS: silence }) }, 'exchanger-timeout'],
  // CVE-2011-0411: this reply would count as the one to EHLO inside
  [
    'somebody put a reply in behind the 220',
    { ...good, answer: answerWith({ STARTTLS: '220 go ahead\r\n250-mx.test\r\n250 REQUIRETLS' }) },
    'exchanger-protocol',
  ],
  [
    'or the beginning of one',
    { ...good, answer: answerWith({ STARTTLS: '220 go ahead\r\n250-mx.t' }) },
    'exchanger-protocol',
  ],
];

for (const [why, rules, code] of failures) {
  test(`no certificate is seen, and the connection is closed: ${why}`, async (t) => {
    const { connection } = await connectToExchanger(t, rules);
    const timeoutsMs = { ...defaultTimeoutsMs, hello: code === 'exchanger-timeout' ? 50 : 20_000 };
    const options = { heloName: 'me.test', ca: authority, timeoutsMs };
    await assert.rejects(showCertificate(connection, exchanger, options), { code });
    await connection.closed;
  });
}
