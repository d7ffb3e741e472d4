/** `onionmx setup` on a plain Debian Exim: it sends and receives over onions, a failure gives all back, and so does --undo. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { DoctorFinding } from '../../src/doctor/finding.ts';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { applyPlan } from '../../src/setup/apply-plan.ts';
import { createBedFolder } from './bed/bed-folder.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { startExim } from './bed/exim.ts';
import { clearNetAddress, openClearNet } from './bed/exim-clear-net.ts';
import { connectLocally, talkSmtp } from './bed/exim-talk.ts';
import { dialOnion, sendByData } from './bed/smtp-dialogue.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { startOnionmx } from './onionmx-process.ts';
import { countSteps, failAt, planAll, takeSnapshot } from './setup-steps.ts';

const skip = bedSkip(['tor', 'dns', 'exim']);
const [usualPort, clearNetPort, farPort] = [2501, 2599, 2598];
const mark = 'X-Onionmx-Received';

function startSetupBed(): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [{ name: 'far', ports: [{ onionPort: 25, target: `127.0.0.1:${farPort}` }] }],
    zones: (onionAddressOf) => [
      { name: 'far.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 5 25 ${onionAddressOf('far')}.` },
      { name: 'clear.test', kind: 'unsigned', records: `@ A ${clearNetAddress}` },
    ],
  });
}

for (const isSplit of [false])
  describe('setup on Exim', { skip }, async () => {
    if (skip !== false) return;
    const far = await startSmtpSink({ port: farPort, hostname: 'mx.far.test' });
    const clearNet = await startSmtpSink({ port: clearNetPort, hostname: 'mx.clear.test' });
    const closeClearNet = await openClearNet(clearNetPort);
    const exim = await startExim(await createBedFolder(), {
      hostname: 'mx.example.test',
      ownDomains: ['example.test'],
      interfaces: `127.0.0.1.${usualPort}`,
      isSplit,
    });
    const bed = await startSetupBed();
    after(() => bed.stop());
    bed.onStop(
      'the sinks',
      async () => void (await Promise.all([far.stop(), clearNet.stop(), closeClearNet()])),
    );
    bed.onStop('Exim', exim.stop);
    const { resolver } = bed.dns();
    const onionmx = await startOnionmx(join(bed.folder, 'o'), {
      dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
      tor: { extraTorrc: bed.network().torrcLines },
    });
    bed.onStop('onionmx', onionmx.stop);
    const snapshot = () => takeSnapshot('/etc/exim4', onionmx.configFile);
    const original = await snapshot();

    test('a plan changes nothing', async () => {
      const { status, stdout, stderr } = await onionmx.run('setup');
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^Exim 4\.\S+, configured in \/etc\/exim4/m);
      assert.match(stdout, /^Own domains: .*example\.test/m);
      assert.deepEqual(await snapshot(), original);
    });

    async function eximFinding(): Promise<string> {
      const { stdout } = await onionmx.run('doctor', '--json');
      const { findings }: { findings: DoctorFinding[] } = JSON.parse(stdout);
      const found = findings.find(({ id }) => id === 'exim');
      return `${found?.severity}: ${found?.fact}`;
    }

    test('doctor says that Exim does not ask', async () => {
      assert.equal(await eximFinding(), 'error: Exim does not ask onionmx');
    });

    test('a failure at each step gives back every file, and Exim goes on', async () => {
      const { plan } = await planAll(onionmx.configFile);
      for (let failing = 0; failing < countSteps(plan); failing += 1) {
        const journalFolder = join(bed.folder, `journal-${failing}`);
        await assert.rejects(applyPlan(plan, { journalFolder, ...failAt(failing) }), {
          code: 'setup-failed',
          message: /step \d+ fails; all files are as they were$/,
        });
        assert.deepEqual(await snapshot(), original, `step ${failing}`);
        assert.deepEqual(await readdir(journalFolder), []);
      }
      await exim.inject(mailTo('bob@example.test', 'still here'));
      await exim.waitForReceived(/still here/, 20_000);
    });

    test('it sets up what a plain Debian host needs, and a second time finds nothing to change', async () => {
      const first = await onionmx.run('setup', '--apply');
      assert.equal(first.status, 0, first.stderr);
      assert.match(first.stdout, /Done, and checked/);
      const second = await onionmx.run('setup', '--apply');
      assert.deepEqual([second.status, second.stderr], [0, '']);
      assert.match(second.stdout, /There is nothing to change/);
    });

    test('doctor finds it set up', async () => {
      assert.equal(await eximFinding(), 'ok: Exim is set up as `onionmx setup` does it');
    });

    async function receivingFindings(...args: string[]) {
      const { status, stdout } = await onionmx.run('doctor', '--json', ...args);
      const { findings }: { findings: DoctorFinding[] } = JSON.parse(stdout);
      const found = findings.filter(({ area }) => area === 'receiving');
      return {
        status,
        found: found.map(({ severity, id }) => `${severity} ${id}`),
        text: found.map(({ fact, reason, next }) => [fact, reason, next].join('; ')).join('\n'),
      };
    }

    test('doctor finds no open relay behind its onion service', async () => {
      const { found, text } = await receivingFindings();
      assert.deepEqual(found, ['ok relay', 'ok listener'], text);
      assert.match(text, /each circuit as a client of its own/);
    });

    test('doctor finds an open relay behind an onion service that leads to the usual port, and one without a listener', async () => {
      const torrc = join(bed.folder, 'naive.torrc');
      const lines = [`HiddenServicePort 25 127.0.0.1:${usualPort}`, 'HiddenServicePort 587 127.0.0.1:1'];
      await writeFile(torrc, `HiddenServiceDir ${bed.folder}/naive\n${lines.join('\n')}\n`);
      const { status, found, text } = await receivingFindings('--torrc', torrc);
      assert.equal(status, 77, text);
      assert.deepEqual(found.toSorted(), [
        'error listener',
        'error reception',
        'error relay',
        'ok listener',
        'ok listener',
        'ok relay',
      ]);
      assert.match(text, /accept in acl_check_rcpt for 127\.0\.0\.1: everybody on Tor can relay/);
    });

    test('the test address: with --blackhole, and a second time there is nothing to change', async () => {
      const before = await snapshot();
      const args = ['setup', 'receiving', '--blackhole', 'blackhole@example.test', '--apply'] as const;
      const first = await onionmx.run(...args);
      assert.equal(first.status, 0, first.stderr);
      const second = await onionmx.run(...args);
      assert.deepEqual([second.status, second.stderr], [0, '']);
      assert.match(second.stdout, /There is nothing to change/);
      assert.equal(await eximFinding(), 'ok: Exim is set up as `onionmx setup` does it');
      for (const [torLine, reply] of [
        ['', /^550 5\.7\.1 This address is only available through onionmx$/],
        [formatTorProxyLine(73, 25), /^250 /],
      ] as const) {
        const port = torLine === '' ? usualPort : 2515;
        const envelope = ['EHLO x.test', 'MAIL FROM:<x@x.test>', 'RCPT TO:<Blackhole+1@example.test>'];
        assert.match((await talkSmtp(connectLocally(port), torLine, envelope)).at(-1) ?? '', reply);
      }
      const undone = await onionmx.run('setup', '--undo');
      assert.deepEqual([undone.status, undone.stderr], [0, '']);
      assert.deepEqual(await snapshot(), before);
    });

    test('mail to a domain with an onion goes over it, other mail does not', async () => {
      await onionmx.stop();
      await onionmx.start();
      await exim.inject(mailTo('carol@far.test', 'over the onion'));
      await exim.inject(mailTo('dave@clear.test', 'over the clear net'));
      const [overOnion] = await far.waitForMessages(1, 60_000);
      const [overClearNet] = await clearNet.waitForMessages(1, 60_000);
      assert.deepEqual(
        overOnion?.recipients.map(({ address }) => address),
        ['carol@far.test'],
      );
      assert.deepEqual(
        overClearNet?.recipients.map(({ address }) => address),
        ['dave@clear.test'],
      );
    });

    test('mail comes in through the onion service with its mark, and none goes on to strangers', async () => {
      const host = await waitFor('the address of the onion service', readOwnAddress, 20_000);
      const target = { host, port: 25, isolationKey: 'a-stranger' };
      const { socksPath } = bed.clientTor();
      await waitUntilReachable(socksPath, target, 60_000);
      const dialogue = await dialOnion(socksPath, target);
      await dialogue.hear();
      await dialogue.say('EHLO mx.far.test');
      const mail = { sender: 'erin@clear.test', message: 'Subject: from afar\r\n\r\nhello' };
      assert.match(
        await sendByData(dialogue, { ...mail, recipients: ['stranger@far.test'] }),
        /^550 relay not permitted/,
      );
      await dialogue.say('RSET');
      assert.match(await sendByData(dialogue, { ...mail, recipients: ['bob@example.test'] }), /^250 OK id=/);
      dialogue.close();
      const received = await exim.waitForReceived(/from afar/, 20_000);
      assert.match(received, /^Received: from \[fc00:dead:beef:4dad::/m);
      assert.match(received, new RegExp(`^${mark}: over an onion service$`, 'm'));
    });

    test('without onionmx, mail is accepted and local mail is delivered', async () => {
      await onionmx.stop();
      await exim.inject(mailTo('bob@example.test', 'while onionmx is away'));
      const id = await exim.inject(mailTo('carol@far.test', 'waits'));
      await exim.waitForReceived(/while onionmx is away/, 20_000);
      await exim.waitForLog(new RegExp(`${id} == carol@far\\.test .*onionmx does not answer`), 20_000);
      assert.equal(far.messages.length, 1);
      assert.equal(clearNet.messages.length, 1);
    });

    test('--undo gives back every byte, and Exim goes on as before', async () => {
      const undone = await onionmx.run('setup', '--undo');
      assert.deepEqual([undone.status, undone.stderr], [0, '']);
      assert.deepEqual(await snapshot(), original);
      await exim.inject(mailTo('bob@example.test', 'as before'));
      await exim.waitForReceived(/as before/, 20_000);
    });

    async function readOwnAddress(): Promise<string | false> {
      const text = await readFile(join(onionmx.stateFolder, 'onion/mail/hostname'), 'utf8').catch(() => '');
      return text !== '' && text.trim();
    }
  });

function mailTo(recipient: string, subject: string) {
  return {
    sender: 'alice@example.test',
    recipients: [recipient],
    message: `Subject: ${subject}\r\n\r\n.\r\n`,
  };
}
