/** OpenSMTPD configured as docs/other-mail-servers/opensmtpd.md says: sends over onions, and receives without an open relay. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { bedSkip } from './bed/bed-availability.ts';
import { type OpenSmtpd, startOpenSmtpd } from './bed/opensmtpd.ts';
import { sendMail } from './bed/smtp-client.ts';
import { checkRelay, type OtherMtaBed, readExample, sendByOnion, startOtherMtaBed } from './other-mta-bed.ts';

const skip = bedSkip(['tor', 'dns', 'opensmtpd']);
const page = 'opensmtpd';
const refusal = '550 5.1.1 no such user here';

async function startMtaBed(): Promise<OtherMtaBed<OpenSmtpd>> {
  const conf = await readExample(page, 'conf smtpd.conf');
  const domains = await readExample(page, 'text onion-domains');
  const files = {
    '/etc/smtpd.conf': conf,
    '/etc/mail/onion-domains': `${domains}dead.test\nplain.test\n`,
    '/etc/mail/hand-to-onionmx': await readExample(page, 'sh hand-to-onionmx'),
  };
  return startOtherMtaBed({
    startMta: (folder) => startOpenSmtpd(folder, files),
    onionHosts: [
      { name: 'naive', ports: [{ onionPort: 25, target: '127.0.0.1:25' }] },
      { name: 'onion', ports: [{ onionPort: 25, target: '127.0.0.1:2515' }] },
    ],
    settings: parse(await readExample(page, 'yaml config')),
    sink: { answer: ({ line }) => (line.includes('nobody@') ? refusal : undefined) },
  });
}

function send(subject: string, ...recipients: string[]): Promise<string> {
  const message = `Subject: ${subject}\r\n\r\n.dots\r\n`;
  return sendMail(25, { sender: 'bob@sender.test', recipients, message });
}

describe('OpenSMTPD', { skip }, async () => {
  const started = skip === false ? await startMtaBed() : undefined;
  after(() => started?.stop());
  if (started === undefined) return;
  const { bed, mta, sink, clearNet } = started;

  test('a domain of the file goes over its onion, as it was handed in', async () => {
    await send('one', 'bob@example.test');
    const [message] = await sink.waitForMessages(1, 60_000);
    assert.equal(message?.recipients[0]?.address, 'bob@example.test');
    assert.equal(message.sender, 'bob@sender.test');
    assert.match(message.data.toString(), /^Received: [^]*\r\nSubject: one\r\n[^]*\r\n\r\n\.dots\r\n$/);
    await mta.waitForLog(/mda delivery.*to=<bob@example\.test>.*result=Ok/);
  });

  test('an address under .onion goes there', async () => {
    const count = sink.messages.length;
    const address = `bob@${bed.onionHost('sink').onionAddress}`;
    await send('two', address);
    assert.equal((await sink.waitForMessages(count + 1, 60_000))[count]?.recipients[0]?.address, address);
  });

  test('an address under .onion that is none is bounced', async () => {
    await send('none', 'bob@none.onion');
    assert.match(await mta.waitForLog(/to=<bob@none\.onion>.*result=/), /result=PermFail .*550 5\.1\.2 /);
  });

  test('a domain of the file that has no onion waits', async () => {
    await send('plain', 'bob@plain.test');
    assert.match(await mta.waitForLog(/to=<bob@plain\.test>.*result=/), /result=TempFail .*450 4\.4\.4 /);
  });

  test('another domain takes the clear net', async () => {
    await send('three', 'dave@clear.test');
    assert.match(await mta.waitForLog(/ mta .*to=<dave@clear/), /result="?Ok/);
    assert.equal((await clearNet.waitForMessages(1, 60_000))[0]?.recipients[0]?.address, 'dave@clear.test');
  });

  test('of two recipients the one that is refused is bounced, with the words of the far host', async () => {
    await send('four', 'bob@example.test', 'nobody@example.test');
    const refused = await mta.waitForLog(/to=<nobody@example\.test>.*result=/);
    assert.match(refused, /result=PermFail .*no such user here/);
    await mta.waitForReceived(/no such user here/);
  });

  test('a dead onion: its mail waits, and the other mail goes on', async () => {
    const count = sink.messages.length;
    await send('five', 'bob@dead.test', 'bob@example.test');
    assert.match(
      await mta.waitForLog(/to=<bob@dead\.test>.*result=/),
      /result=TempFail .*4\.4\.4 .*descriptor/,
    );
    await sink.waitForMessages(count + 1, 60_000);
  });

  for (const [name, verdict, code] of [
    ['naive', 'open', 77],
    ['onion', 'closed', 0],
  ] as const) {
    test(`an onion service that leads to the listener ${name}: ${verdict}`, async () => {
      const isAnyAccepted = name === 'naive';
      assert.deepEqual(await checkRelay(started, name), { code, verdict, isAnyAccepted });
    });
  }

  test('mail over the onion arrives', async () => {
    const mail = {
      sender: 'a@example.test',
      recipients: ['bob@sender.test'],
      message: 'Subject: in\r\n\r\nx',
    };
    assert.match(await sendByOnion(bed, 'onion', mail), /^250/);
    await mta.waitForReceived(/^Subject: in$/m);
  });
});
