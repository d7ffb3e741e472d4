/** The main job: each kind of route with real Postfix and real Tor, and what arrives is what left. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { bedSkip } from './bed/bed-availability.ts';
import type { SinkMessage } from './bed/smtp-sink-script.ts';
import { type MailBed, startMailBed } from './mail-bed.ts';

const skip = bedSkip();

/** What the far host says to recipients called nobody. */
const refusal = { code: 550, lines: ['5.1.1 no such user here', '5.1.1 see https://mx.sink.test/why?x=<1>'] };

function formatLine(text: string, index: number): string {
  return `${refusal.code}${index < refusal.lines.length - 1 ? '-' : ' '}${text}`;
}

function startBed(): Promise<MailBed> {
  return startMailBed({
    sink: {
      answer: ({ line }) => (line.includes('nobody@') ? refusal.lines.map(formatLine).join('\n') : undefined),
    },
    map: (onionAddressOf) => [
      `${onionAddressOf('receiver')}: [mapped.test]`,
      `sunk.test: [${onionAddressOf('sink')}]`,
    ],
  });
}

/** The message as the sender handed it in, without the Received header that the sending Postfix put before it. */
function ownPart(message: Buffer, newline: string): string {
  const text = message.toString('latin1');
  const marker = 'Subject: ';
  return text.slice(text.indexOf(`${newline}${marker}`) + newline.length);
}

describe('delivery', { skip }, async () => {
  const mailBed = skip === false ? await startBed() : undefined;
  after(() => mailBed?.stop());
  if (mailBed === undefined) return;
  const { sender, receiver, sink, clearNet, onionmx, onionAddressOf } = mailBed;
  let sentCount = 0;

  /** Hands a message in at the sender's Postfix; resolves with its own log line about the delivery. */
  async function send(
    recipient: string,
    more: Partial<Parameters<typeof sender.inject>[0]> = {},
  ): Promise<string> {
    sentCount += 1;
    const message = `Subject: message ${sentCount}\r\n\r\nhello\r\n`;
    const queueId = await sender.inject({
      sender: 'alice@sender.test',
      recipients: [recipient],
      message,
      ...more,
    });
    return sender.waitForLog(new RegExp(`${queueId}: to=.*status=`), 60_000);
  }

  async function sendToSink(more: Partial<Parameters<typeof sender.inject>[0]>): Promise<SinkMessage> {
    const count = sink.messages.length;
    const line = await send('bob@signed.test', more);
    assert.match(line, /status=sent/);
    const message = (await sink.waitForMessages(count + 1, 10_000))[count];
    assert.ok(message !== undefined);
    return message;
  }

  test('a domain with an SRV record: over its onion, and Postfix says so', async () => {
    const line = await send('bob@example.test');
    const endpoint = `\\[onionmx/${onionAddressOf('receiver')}\\]`;
    assert.match(
      line,
      new RegExp(
        `postfix/onion/lmtp.*relay=.*${endpoint}.*dsn=2\\.0\\.0, status=sent \\(250 2\\.0\\.0 Ok: (\\d+ bytes )?queued as`,
      ),
    );
    const [mail] = await receiver.waitForReceived(1, 10_000);
    assert.deepEqual([mail?.sender, mail?.recipient], ['alice@sender.test', 'bob@example.test']);
    assert.equal(ownPart(mail?.message ?? Buffer.alloc(0), '\n'), 'Subject: message 1\n\nhello\n');
  });

  test('a domain of the map: over the onion that the map names', async () => {
    const count = (await receiver.received()).length;
    const line = await send('bob@mapped.test');
    assert.match(line, new RegExp(`\\[onionmx/${onionAddressOf('receiver')}\\].*status=sent`));
    const mails = await receiver.waitForReceived(count + 1, 10_000);
    assert.equal(mails.at(-1)?.recipient, 'bob@mapped.test');
  });

  test('a recipient under .onion: to that very service, a subdomain too', async () => {
    for (const domain of [onionAddressOf('sink'), `mail.${onionAddressOf('sink')}`]) {
      const count = sink.messages.length;
      assert.match(
        await send(`bob@${domain}`),
        new RegExp(`\\[onionmx/${onionAddressOf('sink')}\\].*status=sent`),
      );
      const messages = await sink.waitForMessages(count + 1, 10_000);
      assert.equal(messages.at(-1)?.recipients[0]?.address, `bob@${domain}`);
    }
  });

  test('a recipient under .onion that is no address is refused with the reason', async () => {
    await assert.rejects(send('bob@wy6zk3pmcwiyhiao.onion'), /5\.1\.2 .*version 2 onion address/);
    await assert.rejects(send(`bob@${'a'.repeat(56)}.onion`), /5\.1\.2/);
  });

  test('an own domain stays local', async () => {
    assert.match(await send('carol@sender.test'), /postfix\/virtual.*status=sent/);
    assert.equal((await sender.waitForReceived(1, 10_000))[0]?.recipient, 'carol@sender.test');
  });

  test('a domain without an onion takes the clear net', async () => {
    const line = await send('dave@clear.test');
    assert.match(line, /postfix\/smtp\[.*relay=127\.0\.0\.1.*status=sent/);
    assert.equal((await clearNet.waitForMessages(1, 10_000))[0]?.recipients[0]?.address, 'dave@clear.test');
  });

  test('a domain that DNS fails for: the mail waits, and the log says why', async () => {
    await assert.rejects(send('eve@broken.test'), /450 4\.4\.3 .*DNS failed \(servfail/);
  });

  test('one message to recipients on both sides and at home', async () => {
    const [receivedCount, sunkCount, clearCount, localCount] = [
      (await receiver.received()).length,
      sink.messages.length,
      clearNet.messages.length,
      (await sender.received()).length,
    ];
    await sender.inject({
      sender: 'alice@sender.test',
      recipients: ['a@example.test', 'b@signed.test', 'c@clear.test', 'd@sender.test'],
      message: 'Subject: all\r\n\r\nx\r\n',
    });
    await receiver.waitForReceived(receivedCount + 1, 20_000);
    await sink.waitForMessages(sunkCount + 1, 20_000);
    await clearNet.waitForMessages(clearCount + 1, 20_000);
    await sender.waitForReceived(localCount + 1, 20_000);
  });

  test('bytes: 8-bit text, dots, long lines, empty lines, no text at all', async () => {
    const bodies = {
      '8-bit': 'grüße, жук, \u0080\u00ff\r\n',
      dots: '.\r\n..\r\n.x\r\n...\r\n.',
      'a dot at the end': 'x\r\n.',
      'long lines': `${'x'.repeat(998)}\r\n.${'y'.repeat(900)}\r\n`,
      'empty lines': '\r\n\r\n\r\n',
      nothing: '',
    };
    for (const [name, body] of Object.entries(bodies)) {
      const message = Buffer.from(`Subject: ${name}\r\n\r\n${body}`);
      const { data } = await sendToSink({ message, mailParameters: ['BODY=8BITMIME'] });
      const sent = message.toString('latin1');
      assert.equal(ownPart(data, '\r\n'), sent.endsWith('\r\n') ? sent : `${sent}\r\n`, name);
    }
  });

  test('bytes: a message of 20 MB', async () => {
    const line = `${'0123456789abcdef'.repeat(4)}\r\n`;
    const message = `Subject: big\r\n\r\n${line.repeat(Math.ceil((20 << 20) / line.length))}`;
    const { data } = await sendToSink({ message });
    assert.ok(ownPart(data, '\r\n') === message, `${data.length} bytes arrived differently`);
  });

  test('the envelope and its DSN parameters arrive as they were given', async () => {
    const {
      sender: from,
      mailParameters,
      recipients,
    } = await sendToSink({
      sender: 'alice+tag@sender.test',
      mailParameters: ['RET=HDRS', 'ENVID=QQ314159'],
      recipientParameters: ['NOTIFY=SUCCESS,DELAY', 'ORCPT=rfc822;Bob@signed.test'],
    });
    assert.equal(from, 'alice+tag@sender.test');
    assert.ok(mailParameters.includes('RET=HDRS') && mailParameters.includes('ENVID=QQ314159'));
    assert.deepEqual(
      recipients.map(({ address }) => address),
      ['bob@signed.test'],
    );
    assert.deepEqual(recipients[0]?.parameters.toSorted(), [
      'NOTIFY=SUCCESS,DELAY',
      'ORCPT=rfc822;Bob@signed.test',
    ]);
  });

  test('the null sender, quoted local parts, several recipients', async () => {
    const recipients = ['"odd one"@signed.test', 'bob@signed.test', 'eve@signed.test'];
    const { sender: from, recipients: arrived } = await sendToSink({ sender: '', recipients });
    assert.equal(from, '');
    assert.deepEqual(arrived.map(({ address }) => address).toSorted(), recipients);
  });

  test('a refusal reaches the sender word for word; the other recipients get the message', async () => {
    const count = sink.messages.length;
    const queueId = await sender.inject({
      sender: 'alice@sender.test',
      recipients: ['nobody@signed.test', 'bob@signed.test'],
      message: 'Subject: half\r\n\r\n',
    });
    const refused = await sender.waitForLog(new RegExp(`${queueId}: to=<nobody.*status=`), 20_000);
    assert.ok(refused.includes(`dsn=5.1.1, status=bounced`), refused);
    assert.ok(refused.includes(refusal.lines.map(formatLine).join(' ')), refused);
    assert.equal((await sink.waitForMessages(count + 1, 10_000))[count]?.recipients.length, 1);
  });

  test('UTF-8 addresses and an IDN domain', async () => {
    const message = Buffer.from('Subject: grüße\r\n\r\nжук\r\n');
    const utf8 = await sendToSink({
      sender: 'алиса@sender.test',
      recipients: ['жук@signed.test'],
      mailParameters: ['SMTPUTF8', 'BODY=8BITMIME'],
      message,
    });
    assert.deepEqual([utf8.sender, utf8.recipients[0]?.address], ['алиса@sender.test', 'жук@signed.test']);
    assert.ok(utf8.mailParameters.includes('SMTPUTF8'));
    assert.equal(ownPart(utf8.data, '\r\n'), message.toString('latin1'));
  });

  test('lookup explains each kind, in text and in JSON', async () => {
    const explained = await onionmx.run('lookup', 'bob@signed.test');
    assert.equal(explained.status, 0);
    assert.match(explained.stdout, /DNSSEC-validated; TTL \d+ s; resolver 127\.0\.0\.1:53/);
    assert.match(
      explained.stdout,
      new RegExp(`Postfix gets: onion:unix:onionmx/${onionAddressOf('sink')}\\n`),
    );
    const { route, answer } = JSON.parse((await onionmx.run('lookup', 'example.test', '--json')).stdout);
    assert.deepEqual([route.kind, route.evidence, answer.kind], ['onion', 'dns', 'found']);
    assert.equal((await onionmx.run('lookup', 'eve@broken.test')).status, 75);
    assert.equal((await onionmx.run('lookup', 'x@bad.onion')).status, 68);
    assert.match((await onionmx.run('lookup', 'dave@clear.test')).stdout, /Route: clear net/);
  });

  test('probe tells what an exchanger says and whether it takes a recipient; nothing is sent', async () => {
    const count = (await receiver.received()).length;
    const taken = await onionmx.run('probe', 'example.test', '--to', 'bob@example.test');
    assert.match(
      taken.stdout,
      /connect .* ms {2}through Tor, on a new circuit\n {2}banner .*220 mx\.example\.test/,
    );
    assert.match(taken.stdout, /RCPT .* 250 2\.1\.5 Ok/);
    assert.equal(taken.status, 0);
    const refused = await onionmx.run(
      'probe',
      onionAddressOf('sink'),
      '--to',
      'nobody@signed.test',
      '--json',
    );
    assert.equal(refused.status, 68);
    const { steps } = JSON.parse(refused.stdout).exchangers[0];
    assert.deepEqual(steps.find(({ step }: { step: string }) => step === 'RCPT').reply, refusal);
    assert.equal((await receiver.received()).length, count);
  });
});
