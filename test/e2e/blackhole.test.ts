/** The test address on real Postfix: refused over the clear net, accepted and thrown away over the onion; `probe --send` to it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { runProbeSendCommand } from '../../src/commands/probe-send.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { blackholeLines, blackholeRestriction } from '../../src/mail-host/blackhole.ts';
import { onionListenerOptions, onionListenerService } from '../../src/mail-host/onion-listener.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { createRecordingLog } from '../recording-log.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { dialListener, dialOnion, sendByData, type SmtpDialogue } from './bed/smtp-dialogue.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { type Bed, startBed } from './bed/start-bed.ts';

const skip = bedSkip(['tor', 'postfix']);
const [clearPort, sinkPort] = [2502, 2504];
const lines = blackholeLines(parsePlainAddress('blackhole@example.test'));

/** The tables are there before Postfix starts: a process that has met a missing one keeps failing. */
async function startBlackholeBed(folder: string): Promise<Bed> {
  const table = (name: string) => join(folder, `${name}.regexp`);
  await writeFile(table('own'), `${lines.transport}\n/@example\\.test$/ :\n`);
  await writeFile(table('alias'), `${lines.alias}\n`);
  await writeFile(table('access'), `${lines.access}\n`);
  const options = onionListenerOptions().map((option) => `-o ${option}`);
  return startBed({
    clientTor: true,
    onionHosts: [
      {
        name: 'mail',
        ports: [{ onionPort: 25, target: '127.0.0.1:2515' }],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
    ],
    postfix: [
      {
        name: 'r',
        hostname: 'mx.example.test',
        ownDomains: ['example.test'],
        listenPorts: [clearPort],
        clearNetNexthop: `[127.0.0.1]:${sinkPort}`,
        transportMaps: `regexp:${table('own')}`,
        mainCf: [
          'virtual_mailbox_maps = inline:{bob@example.test=all/}',
          `virtual_alias_maps = regexp:${table('alias')}`,
          `smtpd_recipient_restrictions = ${blackholeRestriction(table('access'))}`,
        ],
        masterCf: [`${onionListenerService.replace(' y ', ' n ')} ${options.join(' ')}`],
      },
    ],
  });
}

async function send(dialogue: SmtpDialogue, recipient: string): Promise<string> {
  assert.match(await dialogue.hear(), /^220 /);
  await dialogue.say('EHLO peer.test');
  const message = 'Subject: x\r\n\r\nx';
  const reply = await sendByData(dialogue, { sender: 'a@peer.test', recipients: [recipient], message });
  dialogue.close();
  return reply;
}

describe('the test address', { skip }, async () => {
  const sink = skip === false ? await startSmtpSink({ port: sinkPort }) : undefined;
  const tables = await createBedFolder();
  const bed = skip === false ? await startBlackholeBed(tables) : undefined;
  after(async () => {
    await bed?.stop();
    await sink?.stop();
    await removeBedFolder(tables);
  });
  if (bed === undefined) return;
  const postfix = bed.postfix('r');
  const onion = bed.onionHost('mail').onionAddress;

  for (const address of [
    'blackhole@example.test',
    'blackhole+x@example.test',
    'BlackHole+a.b@Example.TEST',
  ]) {
    test(`${address}: 550 over the clear net, 250 and thrown away over the onion`, async () => {
      const refused = await send(dialListener(clearPort), address);
      assert.match(refused, /^550 5\.7\.1 .*This address is only available through onionmx/);
      const socks = bed.clientTor().socksPath;
      const accepted = await send(await dialOnion(socks, { host: onion, port: 25 }), address);
      const [, queueId = ''] = /^250 2\.0\.0 Ok: queued as (\S+)/.exec(accepted) ?? [];
      assert.notEqual(queueId, '', accepted);
      await postfix.waitForLog(
        new RegExp(`/discard\\[.*${queueId}: .*status=sent \\(the test address\\)`),
        10_000,
      );
    });
  }

  test('other addresses are as before: known ones are accepted on both, unknown ones on none', async () => {
    const socks = bed.clientTor().socksPath;
    for (const [address, reply] of [
      ['bob@example.test', /^250 2\.0\.0 /],
      ['blackholes@example.test', /^550 5\.1\.1 /],
    ] as const) {
      assert.match(await send(await dialOnion(socks, { host: onion, port: 25 }), address), reply);
      assert.match(await send(dialListener(clearPort), address), reply);
    }
  });

  test('probe --send tells the way and the last word', async () => {
    const mapFile = join(bed.folder, 'map.yml');
    await writeFile(mapFile, `${onion}: [example.test]\n`);
    const text = `tor: {use: running, socks: "unix:${bed.clientTor().socksPath}"}
map: [${mapFile}]
stateFolder: ${bed.folder}/s
dns: {resolvers: ["127.0.0.1:1"]}
`;
    const config = parseConfig(text, 'test', rootEnvironment);
    const run = async (address: string) => {
      let said = '';
      const options = { address, json: true, config, log: createRecordingLog() };
      const code = await runProbeSendCommand(options, (more) => void (said += more));
      return { code, ...JSON.parse(said) };
    };
    const sent = await run('blackhole@example.test');
    assert.deepEqual(
      [sent.code, sent.error, sent.route.evidence, sent.exchanger],
      [0, null, 'pinned', `${onion}:25`],
    );
    const [, queueId = ''] = /queued as (\S+)/.exec(sent.reply.lines[0]) ?? [];
    await postfix.waitForLog(new RegExp(`/discard\\[.*${queueId}: .*status=sent`), 10_000);
    const refused = await run('nobody@example.test');
    assert.deepEqual([refused.code, refused.reply.code], [68, 550]);
  });

  test('nothing of all this was delivered, and nothing left', async () => {
    assert.deepEqual(
      (await postfix.received())
        .map(({ recipient }) => recipient)
        .filter((recipient) => recipient !== 'bob@example.test'),
      [],
    );
    assert.deepEqual(sink?.messages, []);
  });
});
