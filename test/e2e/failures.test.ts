/** What goes wrong names itself in Postfix's log, holds nobody else up, and loses nothing. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { makeOnionAddress } from '../made-up-onions.ts';
import { askSocketmap } from './bed/ask-socketmap.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { readQueueId } from './bed/postfix.ts';
import { sendMail } from './bed/smtp-client.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { waitFor } from './bed/wait-for.ts';
import { type MailBed, ports, startMailBed } from './mail-bed.ts';

const skip = bedSkip();

function startBed(): Promise<MailBed> {
  return startMailBed({
    torUse: 'running',
    moreZones: (onionAddressOf) => [
      { name: 'absent.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 0 25 ${makeOnionAddress(1)}.` },
      {
        name: 'badport.test',
        kind: 'signed',
        records: `_onion-mx._tcp SRV 0 0 26 ${onionAddressOf('receiver')}.`,
      },
      {
        name: 'spare.test',
        kind: 'unsigned',
        records: [
          `_onion-mx._tcp SRV 10 0 25 ${makeOnionAddress(1)}.`,
          `_onion-mx._tcp SRV 20 0 25 ${onionAddressOf('sink')}.`,
        ].join('\n'),
      },
    ],
  });
}

describe('failures', { skip }, async () => {
  const mailBed = skip === false ? await startBed() : undefined;
  after(() => mailBed?.stop());
  if (mailBed === undefined) return;
  const { bed, sender, receiver, onionmx, onionAddressOf, mapSocket } = mailBed;
  let sink = mailBed.sink;
  let sentCount = 0;

  async function inject(recipient: string): Promise<string> {
    sentCount += 1;
    const message = `Subject: message ${sentCount}\r\n\r\n`;
    return sender.inject({ sender: 'alice@sender.test', recipients: [recipient], message });
  }

  async function send(recipient: string): Promise<string> {
    return sender.waitForLog(new RegExp(`${await inject(recipient)}: to=.*status=`), 90_000);
  }

  /** Until Postfix has tried again and the message has left its queue. */
  async function waitUntilSent(queueId: string): Promise<void> {
    await sender.flush();
    await sender.waitForLog(new RegExp(`${queueId}: to=.*status=sent`), 60_000);
  }

  const publish = (domain: string, onionAddress: string) =>
    bed.dns().setRecords(domain, `_onion-mx._tcp SRV 0 0 25 ${onionAddress}.`);

  /**
   * Resolves when onionmx goes by the new record. Each process of Postfix keeps its last answer for 30 s: it must not get
   * the old one again, and must have asked for somebody else since.
   */
  async function waitUntilNamed(recipient: string, onionAddress: string): Promise<void> {
    const domain = recipient.slice(recipient.indexOf('@') + 1);
    const isNamed = async () => (await askSocketmap(mapSocket, recipient)).text.endsWith(onionAddress);
    await waitFor(`onionmx to send mail for ${domain} to ${onionAddress}`, isNamed, 30_000);
  }

  async function waitUntilOnionAnswers(name: 'receiver' | 'sink'): Promise<void> {
    const target = { host: onionAddressOf(name), port: 25 };
    await waitUntilReachable(bed.clientTor().socksPath, target, 60_000, () => '');
  }

  test('no descriptor: the log says so; another onion without DNSSEC gets the mail when the operator says so', async () => {
    const line = await send('bob@absent.test');
    assert.match(line, /dsn=4\.4\.4, status=deferred .*421 4\.4\.4 \S+\.onion has no descriptor/);
    assert.match(await send('bob@example.test'), /status=sent/, 'another onion is not held up');
    await publish('absent.test', onionAddressOf('sink'));
    const isDoubted = async () =>
      (await onionmx.run('memory', 'show', 'absent.test')).stdout.includes('DNS says');
    await waitFor(
      'onionmx to see the new record',
      async () => {
        const { text } = await askSocketmap(mapSocket, 'bob@absent.test');
        assert.ok(text.endsWith(makeOnionAddress(1)), `the mail is moved to ${text}`);
        return isDoubted();
      },
      30_000,
    );
    const { remembered, dns } = await onionmx.waitForLog(isDoubt, 'the warning');
    assert.match(String(remembered), new RegExp(makeOnionAddress(1)));
    assert.match(String(dns), new RegExp(onionAddressOf('sink')));
    assert.equal((await onionmx.logLines()).filter(isDoubt).length, 1, 'one warning');
    assert.equal((await onionmx.run('memory', 'forget', 'absent.test')).status, 0);
    await waitUntilNamed('bob@absent.test', onionAddressOf('sink'));
    await waitUntilSent(queueIdOf(line));
  });

  test('a port that the onion service does not have', async () => {
    const line = await send('bob@badport.test');
    const exchanger = `${onionAddressOf('receiver')}:26`;
    assert.match(line, new RegExp(`dsn=4\\.4\\.1, status=deferred .*421 4\\.4\\.1 ${exchanger}`));
    assert.match(
      await send('bob@example.test'),
      /status=sent/,
      'another port of the same onion is not held up',
    );
    // by DNSSEC, so the change is taken at once
    await publish('badport.test', onionAddressOf('sink'));
    await waitUntilNamed('bob@badport.test', onionAddressOf('sink'));
    await waitUntilSent(queueIdOf(line));
  });

  test('a first exchanger without a descriptor: the second one gets the mail at once', async () => {
    const count = sink.messages.length;
    assert.match(await send('bob@spare.test'), /status=sent/);
    await sink.waitForMessages(count + 1, 10_000);
  });

  test('the mail server behind the onion is off (port closed)', async () => {
    await sink.stop();
    const line = await send('bob@signed.test');
    const exchanger = `${onionAddressOf('sink')}:25`;
    assert.match(line, new RegExp(`dsn=4\\.4\\.1, status=deferred .*421 4\\.4\\.1 ${exchanger}`));
    assert.match(await send('bob@example.test'), /status=sent/, 'another onion is not held up');
    sink = await startSmtpSink({ port: ports.sink });
    await waitUntilSent(queueIdOf(line));
    await sink.waitForMessages(1, 10_000);
    await sink.stop();
    sink = await startSmtpSink({ port: ports.sink });
    bed.onStop('the second sink', () => sink.stop());
  });

  test('the onion host is off', async () => {
    await bed.onionHost('receiver').stop();
    // Tor sees seconds later that an open session leads nowhere: a message that left by it meanwhile has no answer
    assert.match(await send('bob@example.test'), /status=deferred .*(421 4\.4\.\d|may have been delivered)/);
    const line = await send('bob@example.test');
    assert.match(
      line,
      new RegExp(`dsn=4\\.4\\.\\d, status=deferred .*421 4\\.4\\.\\d ${onionAddressOf('receiver')}:25`),
    );
    assert.match(await send('bob@signed.test'), /status=sent/, 'another onion is not held up');
    await bed.onionHost('receiver').start();
    await waitUntilOnionAnswers('receiver');
    await waitUntilSent(queueIdOf(line));
  });

  test('Tor is off: onion mail waits, clear-net and own mail goes', async () => {
    await bed.clientTor().stop();
    const line = await send('bob@example.test');
    assert.match(line, /dsn=4\.4\.1, status=deferred .*421 4\.4\.1 cannot reach Tor at unix:/);
    assert.match(await send('dave@clear.test'), /postfix\/smtp\[.*status=sent/);
    assert.match(await send('carol@sender.test'), /postfix\/virtual.*status=sent/);
    await bed.clientTor().start();
    await waitUntilOnionAnswers('receiver');
    await waitUntilSent(queueIdOf(line));
  });

  test('onionmx is off: onion mail waits; after its start the old endpoints are there', async () => {
    const count = (await receiver.received()).length;
    await onionmx.stop();
    const mail = {
      sender: 'alice@sender.test',
      recipients: ['bob@example.test'],
      message: 'Subject: wait\r\n\r\n',
    };
    const queueId = readQueueId(await sendMail(ports.guarded, mail));
    await sender.waitForLog(new RegExp(`${queueId}: .*status=deferred`), 30_000);
    await onionmx.start();
    await waitUntilSent(queueId);
    await receiver.waitForReceived(count + 1, 10_000);
  });

  test('what DNS fails for, and was known to have an onion, goes over that onion', async () => {
    assert.match(await send('bob@example.test'), /status=sent/);
    await bed.dns().stopAuthority();
    await bed.dns().flushCache();
    await onionmx.stop();
    await onionmx.start();
    assert.match(await send('bob@example.test'), /postfix\/onion\/lmtp.*status=sent/);
    const explained = await onionmx.run('lookup', 'bob@example.test');
    assert.match(explained.stdout, /dns +failed: servfail[^]*trust .*evidence "dns" is enough/);
    await bed.dns().startAuthority();
  });
});

function isDoubt({ level, domain }: { readonly level: string; readonly domain?: unknown }): boolean {
  return level === 'warn' && domain === 'absent.test';
}

function queueIdOf(line: string): string {
  return /: ([0-9A-F]+): to=/.exec(line)?.[1] ?? assert.fail(line);
}
