/** Mail for and from addresses under .onion on real Postfix with onionmx: in, out with the sender rewritten, and never in a circle. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { onionAliasLines, onionRecipientCheck } from '../../src/mail-host/onion-aliases.ts';
import { onionListenerOptions, onionListenerService } from '../../src/mail-host/onion-listener.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseOnionAddress } from '../../src/protocol/onion-address.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { dialOnion, sendByData } from './bed/smtp-dialogue.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { startOnionmx } from './onionmx-process.ts';

const skip = bedSkip();
const [clearPort, peerPort, sinkPort] = [2502, 2503, 2504];
const domain = parseDomainName('example.test');

const message = (subject: string) =>
  `From: alice@example.test\r\nTo: x\r\nSubject: ${subject}\r\n\r\nhello\r\n`;

function startOnionAddressBed(tables: string): Promise<Bed> {
  const options = [...onionListenerOptions(), `{ smtpd_recipient_restrictions = ${onionRecipientCheck} }`];
  return startBed({
    clientTor: true,
    zones: () => [{ name: 'clear.test', kind: 'unsigned', records: '@ A 127.0.0.1' }],
    onionHosts: [
      {
        name: 'mail',
        ports: [{ onionPort: 25, target: '127.0.0.1:2515' }],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
      { name: 'peer', ports: [{ onionPort: 25, target: `127.0.0.1:${peerPort}` }] },
    ],
    postfix: [
      {
        name: 'r',
        hostname: 'mx.example.test',
        ownDomains: [],
        listenPorts: [clearPort],
        clearNetNexthop: `[127.0.0.1]:${sinkPort}`,
        transportMaps: `regexp:${tables}/own, socketmap:unix:onionmx/map.sock:onionmx`,
        mainCf: [
          'mydestination = local.test', // where the percent hack works
          'local_recipient_maps = static:ok',
          `virtual_mailbox_domains = ${domain}`,
          'virtual_mailbox_maps = inline:{alice@example.test=all/, bob@example.test=all/}',
          `virtual_alias_maps = regexp:${tables}/alias`,
          'onion_initial_destination_concurrency = 1',
          'unverified_recipient_reject_code = 550',
        ],
        masterCf: [
          `${onionListenerService.replace(' y ', ' n ')} ${options.map((option) => `-o ${option}`).join(' ')}`,
          `onion unix - - n - - lmtp -o syslog_name=postfix/onion -o lmtp_generic_maps=regexp:${tables}/generic`,
        ],
      },
    ],
  });
}

async function start() {
  const tables = await createBedFolder();
  // the addresses are not known yet: Postfix is reloaded below, when they are
  for (const name of ['own', 'alias', 'generic']) await writeFile(join(tables, name), '');
  const [peer, clearNet] = [
    await startSmtpSink({ port: peerPort, hostname: 'mx.peer.test' }),
    await startSmtpSink({ port: sinkPort }),
  ];
  const bed = await startOnionAddressBed(tables);
  bed.onStop('the sinks', async () => void (await Promise.all([peer.stop(), clearNet.stop()])));
  bed.onStop('the tables', () => removeBedFolder(tables));
  const ours = parseOnionAddress(bed.onionHost('mail').onionAddress);
  const lines = onionAliasLines(ours, domain);
  await writeFile(join(tables, 'own'), '/@example\\.test$/ :\n');
  await writeFile(join(tables, 'alias'), `${lines.alias.join('\n')}\n`);
  await writeFile(join(tables, 'generic'), `${lines.sender}\n`);
  const postfix = bed.postfix('r');
  await postfix.stop();
  await postfix.start();
  const endpointFolder = join(postfix.queueDirectory, 'onionmx');
  const mapFile = join(bed.folder, 'map.yml');
  await writeFile(mapFile, `${ours}: [circle.test]\n`);
  const { resolver } = bed.dns();
  const onionmx = await startOnionmx(join(bed.folder, 'o'), {
    domains: { own: ['example.test', ours] },
    map: [mapFile],
    dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
    lookup: { socketmap: [`unix:${endpointFolder}/map.sock`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx' },
    tor: { use: 'running', socks: `unix:${bed.clientTor().socksPath}` },
  });
  bed.onStop('onionmx', onionmx.stop);
  return { bed, peer, clearNet, ours, postfix, onionmx };
}

describe('addresses under .onion', { skip }, async () => {
  const started = skip === false ? await start() : undefined;
  after(() => started?.bed.stop());
  if (started === undefined) return;
  const { bed, peer, clearNet, ours, postfix, onionmx } = started;

  async function sendIn(recipient: string): Promise<string> {
    const dialogue = await dialOnion(bed.clientTor().socksPath, { host: ours, port: 25 });
    await dialogue.hear();
    await dialogue.say('EHLO peer.test');
    const reply = await sendByData(dialogue, {
      sender: 'a@peer.test',
      recipients: [recipient],
      message: message('in'),
    });
    dialogue.close();
    return reply;
  }

  function onionDeliveries(): Promise<string[]> {
    return postfix.logLines().then((lines) => lines.filter((line) => line.includes('postfix/onion/lmtp[')));
  }

  /** Waits for its end, and gives the log line of it. */
  async function sendHere(recipient: string): Promise<string> {
    const queueId = await postfix.inject({
      sender: 'alice@example.test',
      recipients: [recipient],
      message: message('here'),
    });
    return postfix.waitForLog(new RegExp(`${queueId}: to=.*status=`), 30_000);
  }

  for (const recipient of [`alice@${ours}`, `bob@mail.${ours}`, `ALICE@A.B.${ours.toUpperCase()}`]) {
    test(`in: mail for an own onion address arrives at the ordinary one: ${recipient}`, async () => {
      const before = (await postfix.received()).length;
      assert.match(await sendIn(recipient), /^250 2\.0\.0 /);
      const mail = (await postfix.waitForReceived(before + 1, 30_000)).at(-1);
      assert.match(mail?.file.toString() ?? '', /^Delivered-To: (?:alice|bob)@example\.test$/im);
    });
  }

  const refused: readonly [recipient: string, reply: RegExp][] = [
    [`nobody@${ours}`, /^550 5\.1\.1 /],
    [`victim%elsewhere.test@${ours}`, /^55[04] /],
    [`victim%elsewhere.test%local.test@${ours}`, /^55[04] /],
    [`elsewhere.test!victim@${ours}`, /^55[04] /],
    [`"victim@elsewhere.test"@${ours}`, /^55[04] /],
    [`alice@x${ours}`, /^554 5\.7\.1 /],
  ];
  for (const [recipient, reply] of refused) {
    test(`in: refused before the message is taken: ${recipient}`, async () => {
      assert.match(await sendIn(recipient), reply);
    });
  }

  for (const recipient of [`alice@${ours}`, `bob@mail.${ours}`, `ALICE@A.B.${ours.toUpperCase()}`]) {
    test(`no circle: mail of this host for its own onion address stays here: ${recipient}`, async () => {
      const before = (await onionDeliveries()).length;
      assert.match(await sendHere(recipient), /postfix\/virtual\[.*status=sent/);
      const { status, stdout } = await onionmx.run('lookup', recipient);
      assert.equal(status, 0);
      assert.match(stdout, /Postfix gets: not found/);
      assert.equal((await onionDeliveries()).length, before);
    });
  }

  test('no circle: a domain that the map or DNS leads to this host takes the way it would without onionmx', async () => {
    const before = (await onionDeliveries()).length;
    assert.match(await sendHere('bob@circle.test'), /relay=127\.0\.0\.1.*status=sent/);
    assert.equal((await onionDeliveries()).length, before);
    assert.equal(clearNet.messages.length, 1);
  });

  test('out: with lmtp_generic_maps the peer sees an onion address as the sender, in envelope and From', async () => {
    const recipient = `carol@${bed.onionHost('peer').onionAddress}`;
    assert.match(await sendHere(recipient), /postfix\/onion\/lmtp\[.*status=sent/);
    const [mail] = await peer.waitForMessages(1, 30_000);
    assert.equal(mail?.sender, `alice@${ours}`);
    assert.match(mail?.data.toString() ?? '', new RegExp(`^From: alice@${ours}\r$`, 'm'));
    assert.deepEqual(
      mail?.recipients.map(({ address }) => address),
      [recipient],
    );
  });

  test('no question about a name under .onion reached DNS', async () => {
    // the log is written in order: when this question is in it, those before it are too
    await onionmx.run('lookup', 'bob@clear.test');
    const queries = await waitFor(
      'the last question in the log of the resolver',
      async () => {
        const all = await bed.dns().queryLog();
        return all.some(({ name }) => name.includes('clear.test')) && all;
      },
      10_000,
    );
    assert.deepEqual(
      queries.filter(({ name }) => name.includes('onion') && !name.startsWith('_onion-mx.')),
      [],
    );
  });
});
