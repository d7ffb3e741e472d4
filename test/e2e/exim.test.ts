/** Debian's Exim sends and receives over the onion, by our recipe: real Tor, real onionmx, Debian's own configuration. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { runCheckRelayCommand } from '../../src/commands/relay/check-relay.ts';
import {
  eximOnionDomains,
  eximOnionRouter,
  eximOnionSender,
} from '../../src/mail-host/exim-onion-addresses.ts';
import { defaultOnionHeader as onionHeader } from '../../src/mail-host/onion-listener.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseOnionAddress } from '../../src/protocol/onion-address.ts';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { connectLocally, connectThroughTor, talkSmtp } from './bed/exim-talk.ts';
import { waitFor } from './bed/wait-for.ts';
import { eximPorts, startEximBed } from './exim-bed.ts';

const skip = bedSkip(['tor', 'dns', 'exim']);

/** Of the body `hi`: with another hash nobody would ask for the key. */
function signatureOf(signer: string): string {
  const bodyHash = createHash('sha256').update('hi\r\n').digest('base64');
  return `DKIM-Signature: v=1; a=rsa-sha256; d=${signer}; s=k; h=subject; bh=${bodyHash}; b=dGVzdA==\r\n`;
}

describe('Exim', { skip }, async () => {
  const eximBed = skip === false ? await startEximBed() : undefined;
  after(() => eximBed?.stop());
  if (eximBed === undefined) return;
  const { bed, exim, sink, clearNet, onionmx } = eximBed;

  function inject(recipient: string): Promise<string> {
    const message = `Subject: to ${recipient}\r\n${onionHeader}: forged\r\n\r\nhello\r\n`;
    return exim.inject({ sender: 'bob@sender.test', recipients: [recipient], message });
  }

  /** Exim's log line about the delivery. */
  async function send(recipient: string): Promise<string> {
    return exim.waitForLog(new RegExp(`${await inject(recipient)} (=>|==|\\*\\*) `), 90_000);
  }

  async function check(target: string) {
    const tor = `tor: {use: running, socks: "unix:${bed.clientTor().socksPath}"}`;
    const config = parseConfig(`${tor}\ndomains: {own: [sender.test]}\n`, 'test', rootEnvironment);
    let text = '';
    const none = { domain: undefined, torrc: undefined, postfix: undefined };
    const options = { ...none, targets: [target], list: false, json: true, config };
    const code = await runCheckRelayCommand(options, (more) => void (text += more));
    const [{ verdict, doubts }] = JSON.parse(text).targets;
    return { code, verdict, doubts, text };
  }

  async function askedUnderOnion(): Promise<string[]> {
    const names = (await bed.dns().queryLog()).map(({ name }) => name.toLowerCase());
    return names.filter((name) => /onion\.?$/.test(name));
  }

  async function askedForKey(): Promise<boolean> {
    return (await bed.dns().queryLog()).some(({ name }) => /^k\._domainkey\.clear\.test\.?$/i.test(name));
  }

  describe('sending', () => {
    test('a domain with an SRV record: over its onion', async () => {
      const line = await send('alice@example.test');
      assert.match(line, /=> alice <alice@example\.test> R=onionmx T=onionmx C="250 /);
      const [, id] = / (\S+) => /.exec(line) ?? [];
      await exim.waitForLog(new RegExp(` ${id} onion=${bed.onionHost('sink').onionAddress}$`), 10_000);
      const [message] = await sink.waitForMessages(1, 10_000);
      assert.deepEqual(
        [message?.sender, message?.recipients[0]?.address],
        ['bob@sender.test', 'alice@example.test'],
      );
    });

    test('recipients of one message at one onion: one transaction', async () => {
      const count = sink.messages.length;
      const recipients = ['a@example.test', 'b@example.test', 'c@sender.test'];
      await exim.inject({ sender: 'bob@sender.test', recipients, message: 'Subject: two\r\n\r\n' });
      const message = (await sink.waitForMessages(count + 1, 60_000))[count];
      assert.deepEqual(message?.recipients.map(({ address }) => address).toSorted(), recipients.slice(0, 2));
    });

    test('other mail takes the clear net', async () => {
      assert.match(await send('dave@clear.test'), /R=dnslookup T=remote_smtp H=clear\.test \[127\.0\.0\.9\]/);
      assert.equal((await clearNet.waitForMessages(1, 10_000))[0]?.recipients[0]?.address, 'dave@clear.test');
    });

    test('one message to several onions and to the clear net: the log names the onion of each', async () => {
      const { onionAddress } = bed.onionHost('sink');
      const recipients = [`a@${onionAddress}`, `b@${bed.onionHost('guarded').onionAddress}`, 'c@clear.test'];
      const message = 'Subject: three\r\n\r\n';
      const id = await exim.inject({ sender: 'bob@sender.test', recipients, message });
      await exim.waitForLog(new RegExp(`${id} (?:=>|==|\\*\\*) c@clear\\.test `), 90_000);
      await exim.waitForLog(new RegExp(`${id} (?:=>|==|\\*\\*) b@`), 90_000);
      const lines = (await exim.logLines()).filter((line) => line.includes(id));
      const named = lines.flatMap((line) => / onion=(\S+)$/.exec(line)?.[1] ?? []);
      assert.deepEqual(named, [onionAddress], lines.join('\n')); // the other one refuses strangers
      const [delivered, next] = lines.slice(lines.findIndex((line) => line.includes('=> a ')));
      assert.match(`${delivered}\n${next}`, new RegExp(`=> a <a@${onionAddress}>.*\n.* onion=`));
    });

    test('a recipient under .onion: to that very service; one that is none is refused with the reason', async () => {
      assert.match(await send(`eve@${bed.onionHost('sink').onionAddress}`), /T=onionmx/);
      assert.match(
        await send('eve@wy6zk3pmcwiyhiao.onion'),
        /\*\* .*R=onionmx_stop: 5\.1\.2 .*version 2 onion/,
      );
      await exim.waitForReceived(/5\.1\.2 .*version 2 onion/, 20_000);
    });

    test('DNS fails, or the onion is dead: the mail waits, the log says why, and no other mail waits with it', async () => {
      assert.match(await send('eve@broken.test'), /== .*R=onionmx_stop defer .*4\.4\.3 DNS failed/);
      assert.match(await send('eve@dead.test'), /== .*T=onionmx defer .*421 4\.4\.\d /);
      assert.match(await send('eve@example.test'), /=> .*T=onionmx/);
    });

    test('onionmx is off: mail is taken in and waits, local mail goes on, nothing takes the clear net', async () => {
      const count = clearNet.messages.length;
      await onionmx.stop();
      for (const recipient of ['zoe@example.test', 'zoe@clear.test']) {
        assert.match(
          await send(recipient),
          /== .*R=onionmx_stop defer .*onionmx does not answer: is it running/,
        );
      }
      assert.match(await send('bob@sender.test'), /=> bob .*R=local_user/);
      for (const recipient of ['zoe@example.test', `zoe@${bed.onionHost('sink').onionAddress}`]) {
        assert.match(await exim.tryAddress('-bv', recipient), /verified/);
      }
      assert.match(await exim.tryAddress('-bvs', 'dave@clear.test'), /verified/);
      assert.match(await exim.tryAddress('-bvs', `zoe@${makeOnionAddress(3)}`), /verified/);
      assert.equal(clearNet.messages.length, count);
      await onionmx.start();
      await exim.flush();
      await exim.waitForLog(/=> zoe <zoe@example\.test> R=onionmx/, 60_000);
      assert.match(
        (await clearNet.waitForMessages(count + 1, 20_000))[count]?.recipients[0]?.address ?? '',
        /^zoe@/,
      );
    });
  });

  describe('receiving', () => {
    test('an onion service that leads to the usual listener is an open relay', async () => {
      const { code, verdict, text } = await check(bed.onionHost('naive').onionAddress);
      assert.deepEqual([code, verdict], [77, 'open'], text);
    });

    for (const name of ['through Tor', 'as Tor comes to it'] as const) {
      test(`our listener is none, ${name}`, async () => {
        const target =
          name === 'through Tor'
            ? bed.onionHost('guarded').onionAddress
            : `proxy:127.0.0.1:${eximPorts.onion}`;
        const { code, verdict, doubts, text } = await check(target);
        assert.deepEqual([code, verdict, doubts], [0, 'closed', []], text);
      });
    }

    const envelope = ['EHLO stranger.test', 'MAIL FROM:<x@stranger.test>', 'RCPT TO:<x@clear.test>'];
    const version2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
    for (const [why, first] of [
      ['loopback, and another port', 'PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n'],
      ['a circuit, and the usual port', formatTorProxyLine(73, eximPorts.usual)],
      ['an unknown client', 'PROXY UNKNOWN\r\n'],
      [
        'version 2, loopback',
        Buffer.concat([version2, Buffer.from('2111000c7f0000017f00000100010019', 'hex')]),
      ],
      ['version 2, local', Buffer.concat([version2, Buffer.from('20000000', 'hex')])],
    ] as const) {
      test(`a forged first line opens nothing: ${why}`, async () => {
        const replies = await talkSmtp(connectLocally(eximPorts.onion), first, envelope);
        assert.match(replies[3] ?? '', /^550 relay not permitted/);
      });
    }

    test('without the line nothing is accepted', async () => {
      const replies = await talkSmtp(connectLocally(eximPorts.onion), 'EHLO x\r\n', ['MAIL FROM:<x@y.test>']);
      assert.match(replies.at(-1) ?? '', /^503 .*Proxy negotiation failed/);
    });

    test('mail for an own domain arrives through Tor, from a circuit, with our mark; DNS hears of no onion', async () => {
      const onion = makeOnionAddress(7);
      const target = { host: bed.onionHost('guarded').onionAddress, port: 25 };
      for (const [helo, sender] of [
        [onion, `x@${onion}`],
        ['mx.sender.test', `x@${onion}`], // our own name
      ] as const) {
        const socket = await connectThroughTor(bed.clientTor().socksPath, target);
        const replies = await talkSmtp(socket, '', [
          `EHLO ${helo}`,
          `MAIL FROM:<${sender}>`,
          'RCPT TO:<no-such-user@sender.test>',
          'RCPT TO:<bob@sender.test>',
          'DATA',
          `Subject: over onion ${helo}\r\n${onionHeader}: forged\r\n${signatureOf(onion)}\r\nhi\r\n.`,
          'QUIT',
        ]);
        assert.deepEqual(
          replies.map((reply) => reply.slice(0, 3)),
          ['220', '250', '250', '550', '250', '354', '250', '221'],
          replies.join('\n'),
        );
        await exim.waitForLog(new RegExp(`<= ${sender} H=\\(${helo}\\) \\[fc00:dead:beef:4dad::`), 20_000);
        const text = await exim.waitForReceived(new RegExp(`Subject: over onion ${helo}`), 20_000);
        assert.deepEqual(text.match(new RegExp(`^${onionHeader}: .*`, 'gm')), [
          `${onionHeader}: over an onion service`,
        ]);
      }
      assert.deepEqual(await askedUnderOnion(), []);
    });

    test('the key of a signature under an ordinary sender is asked for, over the onion as elsewhere', async () => {
      await talkSmtp(connectLocally(eximPorts.onion), formatTorProxyLine(73, 25), [
        'EHLO x.test',
        'MAIL FROM:<x@clear.test>',
        'RCPT TO:<bob@sender.test>',
        'DATA',
        `Subject: signed\r\n${signatureOf('clear.test')}\r\nhi\r\n.`,
      ]);
      await waitFor('the question for the key', askedForKey, 10_000);
    });

    test('mail that came another way does not bear the mark', async () => {
      const text = await exim.waitForReceived(/^Subject: to bob@sender\.test$/m, 10_000);
      assert.doesNotMatch(text, new RegExp(`^${onionHeader}:`, 'm'));
    });
  });

  describe('addresses under .onion', () => {
    const domain = parseDomainName('sender.test');
    const ours = parseOnionAddress(bed.onionHost('guarded').onionAddress);

    before(async () => {
      const answers = '/etc/exim4/update-exim4.conf.conf';
      const hostnames = `dc_other_hostnames='sender.test : ${eximOnionDomains(ours)}'`;
      const template = '/etc/exim4/exim4.conf.template';
      const routers = `begin routers\n${eximOnionRouter(ours, domain)}`;
      await writeFile(
        answers,
        (await readFile(answers, 'utf8')).replace(/^dc_other_hostnames=.*$/m, hostnames),
      );
      await writeFile(
        template,
        (await readFile(template, 'utf8')).replace('begin routers\n', () => routers),
      );
      await appendFile('/etc/exim4/exim4.conf.localmacros', eximOnionSender(ours, domain));
      await exim.applyRecipe([]);
    });

    test('in: mail for the own onion address arrives at the ordinary one, and unknown users are refused', async () => {
      const socket = await connectThroughTor(bed.clientTor().socksPath, { host: ours, port: 25 });
      const replies = await talkSmtp(socket, '', [
        'EHLO peer.test',
        'MAIL FROM:<x@peer.test>',
        `RCPT TO:<no-such-user@${ours}>`,
        `RCPT TO:<Bob@mail.${ours}>`,
        'DATA',
        'Subject: to an onion\r\n\r\nhi\r\n.',
      ]);
      assert.match(replies[3] ?? '', /^550 /, replies.join('\n'));
      assert.match(replies.at(-1) ?? '', /^250 OK id=/);
      assert.match(await exim.waitForReceived(/Subject: to an onion/, 20_000), /^Envelope-to: bob@mail\./im);
    });

    test('it is still no open relay', async () => {
      const { code, verdict, doubts, text } = await check(ours);
      assert.deepEqual([code, verdict, doubts], [0, 'closed', []], text);
    });

    test('no circle: mail of this host for its own onion address stays here', async () => {
      assert.match(await send(`bob@${ours}`), /=> bob .*R=local_user/);
    });

    test('out: the peer sees an onion address as the sender, in envelope and headers; the clear net does not', async () => {
      const counts = [sink.messages.length, clearNet.messages.length] as const;
      const headers = 'From: Bob <bob@sender.test>\r\nTo: x@example.test\r\nCc: "b b"@sender.test\r\n';
      const message = `${headers}Subject: out\r\n\r\nx\r\n`;
      const recipients = [`carol@${bed.onionHost('sink').onionAddress}`, 'dave@clear.test'];
      await exim.inject({ sender: 'bob@sender.test', recipients, message });
      const overOnion = (await sink.waitForMessages(counts[0] + 1, 60_000))[counts[0]];
      const overClearNet = (await clearNet.waitForMessages(counts[1] + 1, 60_000))[counts[1]];
      assert.equal(overOnion?.sender, `bob@${ours}`);
      const seen = overOnion?.data.toString() ?? '';
      assert.match(seen, new RegExp(`^From: Bob <bob@${ours}>\r$`, 'm'));
      assert.match(seen, new RegExp(`^Cc: "b b"@${ours}\r$`, 'm'));
      assert.equal(overClearNet?.sender, 'bob@sender.test');
      assert.match(overClearNet?.data.toString() ?? '', /^From: Bob <bob@sender\.test>\r$/m);
    });

    test('out: a bounce has no sender, and other senders stay', async () => {
      const count = sink.messages.length;
      const recipients = [`carol@${bed.onionHost('sink').onionAddress}`];
      const message = 'Subject: x\r\n\r\nx\r\n';
      for (const sender of ['', 'eve@other.test']) await exim.inject({ sender, recipients, message });
      const got = (await sink.waitForMessages(count + 2, 60_000)).slice(count);
      assert.deepEqual(got.map((mail) => mail.sender).toSorted(), ['', 'eve@other.test']);
    });

    test('DNS hears of no onion', async () => {
      assert.deepEqual(await askedUnderOnion(), []);
    });
  });
});
