/** A day of good and bad mail over the onion listener: real Postfix, real Tor, and what filters are told of its clients. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { bedSkip } from './bed/bed-availability.ts';
import { dialListener, sendByData } from './bed/smtp-dialogue.ts';
import { listenerPorts, maxMessageBytes, messageAbout, startListenerBed } from './onion-listener-bed.ts';

const skip = bedSkip(['tor', 'postfix']);

function isCircuit(address: string): boolean {
  return address.startsWith('fc00:dead:beef:4dad:');
}

describe('the onion listener', { skip }, async () => {
  const bed = skip === false ? await startListenerBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const { postfix, milter, policy, sink, dial, mailsWith } = bed;

  test('good mail by DATA to several users: accepted, with one mark and the circuit in Received', async () => {
    const peer = await dial('one');
    const recipients = ['alice@example.test', 'bob@example.test', 'carol@example.test'];
    const mail = { sender: 'a@peer.test', recipients, message: messageAbout('to three') };
    assert.match(await sendByData(peer, mail), /^250 2\.0\.0 /);
    assert.match(
      await sendByData(peer, { ...mail, message: messageAbout('to three again') }),
      /^250 2\.0\.0 /,
    );
    peer.close();
    for (const subject of ['to three\n', 'to three again\n']) {
      for (const mailText of await mailsWith(`Subject: ${subject}`, 3)) {
        assert.deepEqual(mailText.match(/^X-Onionmx-Received:.*$/gm), [
          'X-Onionmx-Received: over an onion service',
        ]);
        assert.match(
          mailText,
          /^Received: from peer\.test \(unknown \[IPv6:fc00:dead:beef:4dad::[0-9a-f:]+\]\)$/m,
        );
      }
    }
  });

  test('BDAT in one flight, and two messages in one write: marked once each', async () => {
    const peer = await dial('one');
    const flights = ['first flight', 'second flight'].map((subject) => {
      const body = `${messageAbout(subject)}\r\n`;
      return `MAIL FROM:<a@peer.test>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nBDAT ${body.length} LAST\r\n${body}`;
    });
    peer.write(flights.join(''));
    const replies: string[] = [];
    for (let index = 0; index < 8; index += 1) replies.push((await peer.hear()).slice(0, 3));
    peer.close();
    assert.deepEqual(new Set(replies), new Set(['250']));
    for (const mailText of await mailsWith(' flight\n', 4))
      assert.equal(mailText.match(/^X-Onionmx-Received:/gm)?.length, 1);
  });

  test('BDAT in several chunks: marked once', async () => {
    const peer = await dial('one');
    await peer.say('MAIL FROM:<a@peer.test>');
    await peer.say('RCPT TO:<alice@example.test>');
    for (const chunk of ['From: a@peer.test\r\n', 'Subject: in chunks\r\n\r\n']) {
      peer.write(`BDAT ${chunk.length}\r\n${chunk}`);
      assert.match(await peer.hear(), /^250 /);
    }
    assert.match(await peer.say('BDAT 0 LAST'), /^250 2\.0\.0 /);
    peer.close();
    const [mailText = ''] = await mailsWith('Subject: in chunks\n', 1);
    assert.equal(mailText.match(/^X-Onionmx-Received:/gm)?.length, 1);
  });

  test('the null sender, and SMTPUTF8', async () => {
    const peer = await dial('one');
    const bounce = { sender: '', recipients: ['alice@example.test'], message: messageAbout('a bounce') };
    assert.match(await sendByData(peer, bounce), /^250 2\.0\.0 /);
    assert.match(await peer.say('MAIL FROM:<jürgen@peer.test> SMTPUTF8'), /^250 /);
    assert.match(await peer.say('RCPT TO:<jürgen@example.test>'), /^250 /);
    await peer.say('DATA');
    assert.match(await peer.say(`${messageAbout('Größe')}\r\n.`), /^250 2\.0\.0 /);
    peer.close();
    await mailsWith('Subject: a bounce\n', 1);
    await mailsWith('Subject: Größe\n', 1);
  });

  test('no second message hides in one behind bare line feeds', async () => {
    const peer = await dial('one');
    const hidden =
      'MAIL FROM:<hidden@peer.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: hidden\r\n\r\nx';
    for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r']) {
      const mail = {
        sender: 'a@peer.test',
        recipients: ['bob@example.test'],
        message: `${messageAbout('outer')}${end}${hidden}`,
      };
      assert.match(await sendByData(peer, mail), /^250 2\.0\.0 /);
      assert.match(await peer.say('NOOP'), /^250 2\.0\.0 Ok$/, 'no reply is left over');
    }
    peer.close();
    for (const mailText of await mailsWith('Subject: outer\n', 4))
      assert.ok(mailText.includes('MAIL FROM:<hidden@peer.test>'), mailText);
  });

  const refusals: readonly [why: string, recipient: string, reply: RegExp][] = [
    ['an unknown user', 'nobody@example.test', /^550 5\.1\.1 /],
    ['a relay attempt', 'victim@elsewhere.test', /^554 5\.7\.1 .*Relay access denied/],
    ['the percent hack', 'victim%elsewhere.test@example.test', /^5/],
    ['a source route', '@example.test:victim@elsewhere.test', /^554 5\.7\.1 /],
    ['an address under .onion', `a@${'a'.repeat(56)}.onion`, /^554 5\.7\.1 /],
  ];
  for (const [why, recipient, reply] of refusals) {
    test(`refused: ${why}`, async () => {
      const peer = await dial('one');
      await peer.say('MAIL FROM:<postmaster@example.test>');
      assert.match(await peer.say(`RCPT TO:<${recipient}>`), reply);
      peer.close();
    });
  }

  test('refused: a login, an oversized message, and more recipients than one message may have', async () => {
    const peer = await dial('one');
    assert.match(await peer.say('AUTH PLAIN AGEAYg=='), /^503 5\.5\.1 /);
    assert.match(await peer.say(`MAIL FROM:<a@peer.test> SIZE=${maxMessageBytes + 1}`), /^552 5\.3\.4 /);
    const big = { sender: 'a@peer.test', recipients: ['alice@example.test'] };
    const line = `${'x'.repeat(78)}\r\n`;
    const tooBig = { ...big, message: `${messageAbout('big')}\r\n${line.repeat(maxMessageBytes / 78)}` };
    assert.match(await sendByData(peer, tooBig), /^552 5\.3\.4 /);
    await peer.say('RSET');
    await peer.say('MAIL FROM:<a@peer.test>');
    const wanted = 1001;
    peer.write('RCPT TO:<alice@example.test>\r\n'.repeat(wanted));
    const replies: string[] = [];
    for (let index = 0; index < wanted; index += 1) replies.push(await peer.hear());
    peer.close();
    assert.deepEqual(
      replies.map((reply) => reply.slice(0, 9)).filter((reply) => reply !== '250 2.1.5'),
      ['452 4.5.3'],
    );
  });

  test('a local process that writes a PROXY line relays nothing, whatever it says; without one it hears no greeting', async () => {
    for (const line of [
      'PROXY TCP4 127.0.0.1 127.0.0.1 4711 25',
      'PROXY TCP6 ::1 ::1 4711 25',
      'PROXY TCP6 fc00:dead:beef:4dad::1 ::1 4711 25',
    ]) {
      const liar = dialListener(listenerPorts.onion, line);
      assert.match(await liar.hear(), /^220 /);
      await liar.say('EHLO localhost');
      await liar.say('MAIL FROM:<root@example.test>');
      assert.match(await liar.say('RCPT TO:<victim@elsewhere.test>'), /^554 5\.7\.1 /, line);
      liar.close();
    }
    const mute = dialListener(listenerPorts.onion, 'EHLO localhost');
    assert.match(await mute.hear(), /^(?:421 |closed)/);
    mute.close();
  });

  test('a sender of the clear net who writes the mark himself does not keep it; a message inside a message stays as it is', async () => {
    const inner = `Content-Type: message/rfc822\r\n\r\nX-Onionmx-Received: inside\r\nSubject: inner\r\n\r\nx`;
    const forged = `x-onionmx-received: over an onion service\r\nX-Onionmx-Received:\r\n folded\r\nSubject: forged\r\nMIME-Version: 1.0\r\n${inner}`;
    await postfix.inject({ sender: 'a@clear.test', recipients: ['bob@example.test'], message: forged });
    const [mailText = ''] = await mailsWith('Subject: forged\n', 1);
    assert.deepEqual(mailText.match(/^X-Onionmx-Received:.*$/gim), ['X-Onionmx-Received: inside']);
    assert.doesNotMatch(mailText, /folded/);
    assert.match(mailText, /\[127\.0\.0\.1\]/);
  });

  test('the policy service and the milter were told of circuits, and never of this host', () => {
    const asked = policy.requests.map((request) => request.get('client_address') ?? '');
    assert.ok(asked.length > 10);
    // whoever writes a PROXY line of its own is a process of this host, and a stranger all the same
    const [circuits, others] = [asked.filter(isCircuit), asked.filter((address) => !isCircuit(address))];
    assert.ok(circuits.length > 10);
    assert.deepEqual(others, []);
    assert.deepEqual(
      new Set(
        policy.requests.map((request) => `${request.get('client_name')} ${request.get('sasl_method')}`),
      ),
      new Set(['unknown ']),
    );
    const told = milter.messages.filter(({ sender }) => sender.includes('peer.test') || sender === '<>');
    assert.ok(told.length > 10);
    for (const { client } of told) {
      const address = client.address.replace(/^IPv6:/, '');
      assert.ok(isCircuit(address), address);
      assert.deepEqual([client.family, client.name], ['6', `[${address}]`]);
    }
  });

  test('nothing was relayed', async () => {
    assert.deepEqual([sink.sessionCount(), sink.messages], [0, []]);
    const sent = (await postfix.logLines()).filter((line) => /postfix\/smtp\[/.test(line));
    assert.deepEqual(sent, []);
  });
});
