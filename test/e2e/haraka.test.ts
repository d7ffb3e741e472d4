/** Haraka configured as docs/other-mail-servers/haraka.md says: asks onionmx for routes, and receives without an open relay. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { bedSkip } from './bed/bed-availability.ts';
import { type HarakaFiles, startHaraka } from './bed/haraka.ts';
import { sendMail } from './bed/smtp-client.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import type { SinkMessage } from './bed/smtp-sink-script.ts';
import { waitFor } from './bed/wait-for.ts';
import { checkRelay, readExample, sendByOnion, startOtherMtaBed } from './other-mta-bed.ts';

const skip = bedSkip(['tor', 'dns', 'haraka']);
const page = 'haraka';
const [usualPort, homePort] = [2501, 2505];
const refusal = '550 5.1.1 no such user here';
const home = `host=127.0.0.1\nport=${homePort}\n`;

/** Lets programs of this host in, as many do; mail for sender.test goes to a host behind it. */
async function usualFiles(): Promise<HarakaFiles> {
  return {
    'config/plugins': 'onionmx\nrelay\nrcpt_to.in_host_list\nqueue/smtp_forward\n',
    'plugins/onionmx.js': await readExample(page, 'js plugins/onionmx.js'),
    'config/outbound.ini': `${await readExample(page, 'ini outbound.ini')}local_mx_ok=true\n`,
    'config/relay_acl_allow': '127.0.0.0/8\n',
    'config/host_list': 'sender.test\n',
    'config/smtp.ini': `listen=127.0.0.1:${usualPort}\n`,
    'config/smtp_forward.ini': `enable_outbound=false\n${home}`,
  };
}

async function onionFiles(): Promise<HarakaFiles> {
  const proxyHosts = await readExample(page, 'ini connection.ini');
  return {
    'config/plugins': await readExample(page, 'text plugins'),
    'config/host_list': 'sender.test\n',
    'config/smtp.ini': await readExample(page, 'ini smtp.ini'),
    'config/connection.ini': (text) => text.replace(/^hosts\[\] =\n/m, proxyHosts),
    'config/smtp_forward.ini': home,
  };
}

async function startInstances(folder: string) {
  const mailboxes = await startSmtpSink({ port: homePort });
  const usual = await startHaraka(join(folder, 'usual'), await usualFiles());
  const onion = await startHaraka(join(folder, 'onion'), await onionFiles());
  const stop = async () => void (await Promise.all([usual.stop(), onion.stop(), mailboxes.stop()]));
  return { usual, mailboxes, stop };
}

async function startMtaBed() {
  return startOtherMtaBed({
    startMta: startInstances,
    onionHosts: [
      { name: 'naive', ports: [{ onionPort: 25, target: `127.0.0.1:${usualPort}` }] },
      {
        name: 'onion',
        ports: [{ onionPort: 25, target: '127.0.0.1:2515' }],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
    ],
    settings: parse(await readExample(page, 'yaml config')),
    sink: { answer: ({ line }) => (line.includes('nobody@') ? refusal : undefined) },
  });
}

function send(subject: string, ...recipients: string[]): Promise<string> {
  const message = `From: alice@sender.test\r\nSubject: ${subject}\r\n\r\n.dots\r\n`;
  return sendMail(usualPort, { sender: 'alice@sender.test', recipients, message });
}

describe('Haraka', { skip }, async () => {
  const started = skip === false ? await startMtaBed() : undefined;
  after(() => started?.stop());
  if (started === undefined) return;
  const { bed, mta, sink, clearNet, onionmx } = started;

  const waitForClear = (isWanted: (message: SinkMessage) => boolean) =>
    waitFor('a message on the clear net', () => clearNet.messages.find(isWanted), 60_000);

  test('a domain with an SRV record goes over its onion, and the log has what the far host said', async () => {
    await send('one', 'bob@example.test');
    const [message] = await sink.waitForMessages(1, 60_000);
    assert.deepEqual(
      [message?.sender, message?.recipients[0]?.address],
      ['alice@sender.test', 'bob@example.test'],
    );
    assert.match(String(message?.data), /\r\nSubject: one\r\n[^]*\r\n\r\n\.dots\r\n$/);
    await mta.usual.waitForLog(/delivered.*example\.test.*\.onion/);
  });

  test('an address under .onion goes there, and one that is none is bounced', async () => {
    const count = sink.messages.length;
    const address = `bob@${bed.onionHost('sink').onionAddress}`;
    await send('two', address);
    assert.equal((await sink.waitForMessages(count + 1, 60_000))[count]?.recipients[0]?.address, address);
    await send('three', 'bob@none.onion');
    await mta.usual.waitForLog(/DENY: error:5\.1\.2 /);
  });

  test('another domain takes the clear net', async () => {
    await send('four', 'dave@clear.test');
    await waitForClear(({ recipients }) => recipients[0]?.address === 'dave@clear.test');
  });

  test('of two recipients the one that is refused is bounced, with the words of the far host', async () => {
    await send('five', 'bob@example.test', 'nobody@example.test');
    // Haraka sends bounces by DNS, and this one is not the first
    const bounce = await waitForClear(({ data }) => /^Final-Recipient:.*nobody@example/m.test(String(data)));
    assert.match(String(bounce.data), /no such user here/);
    assert.doesNotMatch(String(bounce.data), /^Final-Recipient:.*bob@/m);
  });

  test('a dead onion: its mail waits', async () => {
    await send('six', 'bob@dead.test');
    await mta.usual.waitForLog(/4\.4\.4 .*descriptor/);
  });

  for (const [name, verdict, code] of [
    ['naive', 'open', 77],
    ['onion', 'unclear', 75], // any user of its domain is accepted, such as a%b: nobody else is
  ] as const) {
    test(`an onion service that leads to the listener ${name}: ${verdict}`, async () => {
      const isAnyAccepted = name === 'naive';
      assert.deepEqual(await checkRelay(started, name), { code, verdict, isAnyAccepted });
    });
  }

  test('mail over the onion arrives', async () => {
    const count = mta.mailboxes.messages.length;
    const mail = {
      sender: 'a@example.test',
      recipients: ['bob@sender.test'],
      message: 'Subject: in\r\n\r\nx',
    };
    assert.match(await sendByOnion(bed, 'onion', mail), /^250/);
    const [message] = (await mta.mailboxes.waitForMessages(count + 1, 60_000)).slice(count);
    assert.match(String(message?.data), /^Received: .*fc00:dead:beef:4dad:/m);
  });

  test('while onionmx does not run, nothing takes the clear net: mail waits', async () => {
    await onionmx.stop();
    await send('seven', 'bob@example.test');
    await mta.usual.waitForLog(/DENYSOFT: no answer from onionmx/);
  });
});
