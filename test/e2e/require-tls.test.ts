/** Mail with REQUIRETLS (RFC 8689) through real Tor: over TLS with a certificate for the recipient's domain, or not at all. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { askSocketmap } from './bed/ask-socketmap.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { createCertificateAuthority } from './bed/certificates.ts';
import { dialSocket, type SmtpDialogue } from './bed/smtp-dialogue.ts';
import { startMailBed } from './mail-bed.ts';

const skip = bedSkip();

async function startAll() {
  const folder = await createBedFolder();
  const authority = await createCertificateAuthority(folder);
  const { key, certificate } = await authority.issue('signed.test', 'mx.signed.test');
  const ofPostfix = await authority.issue('*.example.test', 'example.test');
  const mailBed = await startMailBed({
    sink: { tls: { key, certificate } },
    receiverMainCf: [
      'smtpd_tls_security_level = may',
      `smtpd_tls_chain_files = ${ofPostfix.keyFile}, ${ofPostfix.certificateFile}`,
    ],
    map: (onionAddressOf) => [`${onionAddressOf('sink')}: [unnamed.test]`],
    wrapper: ['env', `NODE_EXTRA_CA_CERTS=${authority.file}`],
  });
  mailBed.bed.onStop('the certificates', () => removeBedFolder(folder));
  return mailBed;
}

describe('REQUIRETLS', { skip }, async () => {
  const mailBed = skip === false ? await startAll() : undefined;
  after(() => mailBed?.stop());
  if (mailBed === undefined) return;
  const { sink, receiver, mapSocket, onionmx } = mailBed;

  /** Talks to the endpoint that the lookup names, as an MTA does. The result is what it offers. */
  async function openEndpoint(recipient: string): Promise<{ client: SmtpDialogue; offer: string }> {
    const { text } = await askSocketmap(mapSocket, recipient);
    const [, name = ''] = /^OK onion:unix:onionmx\/(\S+)$/.exec(text) ?? [];
    const client = dialSocket(join(dirname(mapSocket), name));
    assert.match(await client.hear(), /^220 /);
    return { client, offer: await client.say('LHLO mx.sender.test') };
  }

  /** The replies after the message, one for each recipient. */
  async function send(parameters: string, ...recipients: [string, ...string[]]): Promise<string[]> {
    const { client, offer } = await openEndpoint(recipients[0]);
    assert.match(offer, /^250-REQUIRETLS$/m);
    assert.equal(await client.say(`MAIL FROM:<alice@sender.test>${parameters}`), '250 2.1.0 Ok');
    for (const recipient of recipients)
      assert.equal(await client.say(`RCPT TO:<${recipient}>`), '250 2.1.5 Ok');
    assert.match(await client.say('DATA'), /^354 /);
    client.write('Subject: x\r\n\r\nhello\r\n.\r\n');
    const replies: string[] = [];
    while (replies.length < recipients.length) replies.push(await client.hear());
    client.close();
    return replies;
  }

  /** What the far host was told in the session that the message came in. */
  function verbsOf(sessionNumber: number | undefined): string {
    const lines = sink.commands.filter((command) => command.sessionNumber === sessionNumber);
    return lines.map(({ line }) => line.split(' ')[0]).join(' ');
  }

  test('it goes over TLS, and the far host is told the wish', async () => {
    assert.deepEqual(await send(' REQUIRETLS', 'bob@signed.test'), ['250 2.0.0 Ok: queued as S1']);
    const [message] = await sink.waitForMessages(1, 10_000);
    assert.deepEqual(message?.mailParameters, ['REQUIRETLS']);
    assert.match(verbsOf(message?.sessionNumber), /^EHLO STARTTLS EHLO MAIL RCPT BDAT/);
  });

  test('a recipient whose domain is not in the certificate is refused, the other one is not', async () => {
    const [good, refused] = await send(' REQUIRETLS', 'bob@signed.test', 'bob@unnamed.test');
    assert.equal(good, '250 2.0.0 Ok: queued as S2');
    assert.match(
      refused ?? '',
      /^550 5\.7\.10 .*certificate of \S+ is for signed\.test, mx\.signed\.test, not for unnamed\.test$/,
    );
    const message = (await sink.waitForMessages(2, 10_000))[1];
    assert.deepEqual(
      message?.recipients.map(({ address }) => address),
      ['bob@signed.test'],
    );
    await onionmx.waitForLog(({ code }) => code === 'exchanger-lacks-tls', 'the refusal in the log');
  });

  test('ordinary mail asks for no TLS: it goes over whatever session is open', async () => {
    assert.deepEqual(await send('', 'bob@signed.test', 'bob@unnamed.test'), [
      '250 2.0.0 Ok: queued as S3',
      '250 2.0.0 Ok: queued as S3',
    ]);
    const message = (await sink.waitForMessages(3, 10_000))[2];
    assert.equal(
      verbsOf(message?.sessionNumber).split('STARTTLS').length,
      2,
      'it was asked for once, before',
    );
  });

  test('a Postfix that does TLS and does not know REQUIRETLS gets no such message, and others as ever', async () => {
    const [refused] = await send(' REQUIRETLS', 'bob@example.test');
    assert.match(
      refused ?? '',
      /^550 5\.7\.30 REQUIRETLS support required, and \S+ does not offer it \(RFC 8689\)$/,
    );
    assert.match((await send('', 'bob@example.test'))[0] ?? '', /^250 2\.0\.0 Ok: /);
    assert.equal((await receiver.waitForReceived(1, 10_000)).length, 1);
  });
});
