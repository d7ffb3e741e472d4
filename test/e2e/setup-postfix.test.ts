/** `onionmx setup` on a plain Debian Postfix: it sends and receives over onions, a failure gives all back, and so does --undo. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { applyPlan } from '../../src/setup/apply-plan.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder } from './bed/bed-folder.ts';
import { startDebianPostfix } from './bed/debian-postfix.ts';
import { runProgram } from './bed/run-program.ts';
import { startSmtpSink, type SmtpSink } from './bed/smtp-sink.ts';
import { dialOnion, sendByData, type SmtpDialogue } from './bed/smtp-dialogue.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { startProcess } from './bed/start-process.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { runCommand, startOnionmx } from './onionmx-process.ts';
import { countSteps, failAt, planAll, takeSnapshot } from './setup-steps.ts';

const skip = bedSkip();
const [clearNetPort, farPort] = [2599, 2598];
const mark = 'X-Onionmx-Received';
const pidFile = '/dev/shm/naive.pid';

function startSetupBed(): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [
      { name: 'far', ports: [{ onionPort: 25, target: `127.0.0.1:${farPort}` }] },
      {
        name: 'naive',
        ports: [{ onionPort: 25, target: '127.0.0.1:25' }],
        extraLines: [`PidFile ${pidFile}`],
      },
    ],
    zones: (onionAddressOf) => [
      { name: 'far.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 5 25 ${onionAddressOf('far')}.` },
      { name: 'example.test', kind: 'unsigned', records: '' },
      { name: 'clear.test', kind: 'unsigned', records: '' },
    ],
  });
}

describe('setup on Postfix', { skip }, async () => {
  if (skip !== false) return;
  const far = await startSmtpSink({ port: farPort, hostname: 'mx.far.test' });
  const clearNet = await startSmtpSink({ port: clearNetPort, hostname: 'mx.clear.test' });
  const folder = await createBedFolder();
  const postfix = await startDebianPostfix(folder, {
    domain: 'example.test',
    relayhost: `[127.0.0.1]:${clearNetPort}`,
  });
  const bed = await startSetupBed();
  after(() => bed.stop());
  bed.onStop('the sinks', async () => void (await Promise.all([far.stop(), clearNet.stop()])));
  bed.onStop('Postfix', postfix.stop);
  const { resolver } = bed.dns();
  const onionmx = await startOnionmx(join(bed.folder, 'o'), {
    dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
    tor: { extraTorrc: bed.network().torrcLines },
  });
  bed.onStop('onionmx', onionmx.stop);

  const snapshot = () => takeSnapshot('/etc/postfix', onionmx.configFile);

  async function readOwnAddress(): Promise<string | false> {
    const text = await readFile(join(onionmx.stateFolder, 'onion/mail/hostname'), 'utf8').catch(() => '');
    return text !== '' && text.trim();
  }

  const original = await snapshot();

  test('a plan changes nothing', async () => {
    const { status, stdout } = await onionmx.run('setup');
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Postfix 3\.\S+, configured in \/etc\/postfix, .* in a chroot there, inet_protocols all$/m,
    );
    assert.match(stdout, /^DNS: asked at 127\.0\.0\.1:\d+$/m);
    assert.match(
      stdout,
      /^Own domains: mx\.example\.test, example\.test, localhost\.example\.test, localhost$/m,
    );
    assert.match(
      stdout,
      /^\+transport_maps = regexp:\/etc\/postfix\/onionmx-own\.regexp, socketmap:unix:onionmx\/map\.sock:onionmx$/m,
    );
    assert.deepEqual(await snapshot(), original);
  });

  test('a failure at each step gives back every file, and Postfix goes on', async () => {
    const { plan } = await planAll(onionmx.configFile);
    const steps = countSteps(plan);
    assert.ok(steps >= 7, `${steps} steps`);
    for (let failing = 0; failing < steps; failing += 1) {
      const journalFolder = join(bed.folder, `journal-${failing}`);
      await assert.rejects(applyPlan(plan, { journalFolder, ...failAt(failing) }), {
        code: 'setup-failed',
        message: /step \d+ fails; all files are as they were$/,
      });
      assert.deepEqual(await snapshot(), original, `step ${failing}`);
      assert.deepEqual(await readdir(journalFolder), []);
    }
    await postfix.inject(mailTo('bob@example.test', 'still here'));
    await postfix.waitForReceived(1, 20_000);
  });

  test('killed in the middle, it gives all back later, and does not begin anew before', async () => {
    const args = ['dist/main.js', 'setup', '--apply', '--config', onionmx.configFile];
    const outputPath = join(bed.folder, 'setup.out');
    const setup = await startProcess({ name: 'setup', command: process.execPath, args, outputPath });
    const unfinished = join(onionmx.stateFolder, 'setup/applying.json');
    await waitFor('the first change', () => existsSync(unfinished), 20_000);
    await setup.kill();
    const again = await onionmx.run('setup', '--apply');
    assert.equal(again.status, 71);
    assert.match(again.stderr, /an earlier setup was cut off.*applying\.json\n.*onionmx setup --undo/);
    assert.equal((await onionmx.run('setup', '--undo')).status, 0);
    assert.deepEqual(await snapshot(), original);
  });

  test('it sets up what a plain Debian host needs, and a second time finds nothing to change', async () => {
    const first = await onionmx.run('setup', '--apply');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /Done, and checked/);
    const second = await onionmx.run('setup', '--apply');
    assert.deepEqual([second.status, second.stderr], [0, '']);
    assert.match(second.stdout, /There is nothing to change/);
  });

  test('mail to a domain with an onion goes over it, other mail does not', async () => {
    await onionmx.stop();
    await onionmx.start();
    await postfix.inject(mailTo('carol@far.test', 'over the onion'));
    await postfix.inject(mailTo('dave@clear.test', 'over the clear net'));
    await postfix.waitForLog(/postfix\/onion\/lmtp.*to=<carol@far\.test>.*status=sent/, 60_000);
    await postfix.waitForLog(/postfix\/smtp.*to=<dave@clear\.test>.*status=sent/, 60_000);
    assert.deepEqual(addressesOf(far.messages), ['carol@far.test']);
    assert.deepEqual(addressesOf(clearNet.messages), ['dave@clear.test']);
  });

  async function dialOwnOnion(): Promise<SmtpDialogue> {
    const host = await waitFor('the address of the onion service', readOwnAddress, 20_000);
    const target = { host, port: 25, isolationKey: 'a-stranger' };
    const { socksPath } = bed.clientTor();
    await waitUntilReachable(socksPath, target, 60_000);
    const dialogue = await dialOnion(socksPath, target);
    await dialogue.hear();
    await dialogue.say('EHLO mx.far.test');
    return dialogue;
  }

  const fromFar = { sender: 'erin@far.test', message: `${mark}: forged\r\nSubject: hello\r\n\r\nhello` };

  test('mail comes in through the onion service with its mark, and none goes on to strangers', async () => {
    const dialogue = await dialOwnOnion();
    assert.match(
      await sendByData(dialogue, { ...fromFar, recipients: ['stranger@clear.test'] }),
      /^554 5\.7\.1 .*Relay access denied/,
    );
    await dialogue.say('RSET');
    assert.match(
      await sendByData(dialogue, { ...fromFar, recipients: ['bob@example.test'] }),
      /^250 2\.0\.0 Ok: queued/,
    );
    dialogue.close();
    const [, received] = await postfix.waitForReceived(2, 20_000);
    assert.match(received?.receivedHeader ?? '', /from mx\.far\.test \(unknown \[IPv6:fc00:dead:beef:4dad::/);
    assert.match(received?.file.toString() ?? '', new RegExp(`^${mark}: over an onion service$`, 'm'));
  });

  test('over the clear net nobody has the mark', async () => {
    await postfix.inject({ ...fromFar, recipients: ['bob@example.test'], message: `${fromFar.message}\r\n` });
    const [, , received] = await postfix.waitForReceived(3, 20_000);
    assert.match(received?.file.toString() ?? '', /^Subject: hello$/m);
    assert.doesNotMatch(received?.file.toString() ?? '', new RegExp(mark));
  });

  test('the test address takes mail over the onion alone, and a second time nothing is to change', async () => {
    const setup = ['setup', '--apply', '--blackhole', 'Blackhole@example.test'] as const;
    const { status, stderr } = await onionmx.run(...setup);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match((await onionmx.run(...setup)).stdout, /There is nothing to change/);
    const mail = { ...fromFar, recipients: ['blackhole+test@example.test'] };
    await assert.rejects(postfix.inject(mail), /550 5\.7\.1 .*only available through onionmx/);
    const dialogue = await dialOwnOnion();
    assert.match(await sendByData(dialogue, mail), /^250 2\.0\.0 Ok: queued/);
    dialogue.close();
    await postfix.waitForLog(/discard\[.*to=<blackhole@example\.test>.*status=sent/, 20_000);
  });

  test('the records to publish, and that they are not there yet', async () => {
    const { status, stdout } = await onionmx.run('setup', 'dns');
    const address = await readOwnAddress();
    assert.equal(status, 0);
    assert.match(stdout, /^SRV records of example\.test: to publish; nothing is there yet$/m);
    assert.ok(stdout.includes(`_onion-mx._tcp.example.test. 3600 IN SRV 0 5 25 ${address}.\n`), stdout);
  });

  test('without onionmx, mail is accepted and local mail is delivered', async () => {
    await onionmx.stop();
    await postfix.inject(mailTo('bob@example.test', 'while onionmx is away'));
    await postfix.inject(mailTo('carol@far.test', 'waits'));
    await postfix.waitForReceived(4, 20_000);
    await postfix.waitForLog(/to=<carol@far\.test>.*status=deferred/, 20_000);
  });

  test('--undo gives back every byte, and there is nothing to undo after that', async () => {
    for (const apply of ['the second', 'the first']) {
      const undone = await onionmx.run('setup', '--undo');
      assert.deepEqual([undone.status, undone.stderr], [0, ''], apply);
    }
    assert.deepEqual(await snapshot(), original);
    const again = await onionmx.run('setup', '--undo');
    assert.match(again.stdout, /Nothing to undo/);
    await postfix.inject(mailTo('bob@example.test', 'as before'));
    await postfix.waitForReceived(5, 20_000);
  });

  test('what was edited after setup is left alone', async () => {
    assert.equal((await onionmx.run('setup', '--apply')).status, 0);
    const written = await readFile('/etc/postfix/main.cf', 'utf8');
    await writeFile('/etc/postfix/main.cf', `${written}# a line of the operator\n`);
    const edited = await snapshot();
    const { status, stderr } = await onionmx.run('setup', '--undo');
    assert.equal(status, 78);
    assert.match(stderr, /\/etc\/postfix\/main\.cf was edited after setup wrote it/);
    assert.deepEqual(await snapshot(), edited);
    await writeFile('/etc/postfix/main.cf', written);
    assert.equal((await onionmx.run('setup', '--undo')).status, 0);
    assert.deepEqual(await snapshot(), original);
  });

  test('an onion service that leads to the usual listener is led to the new one, and is no open relay any more', async () => {
    const { onionAddress, dataFolder } = bed.onionHost('naive');
    const torrc = join(dataFolder, 'torrc');
    const configFile = join(bed.folder, 'running.yaml');
    const settings = { use: 'running', socks: `unix:${bed.clientTor().socksPath}` };
    await writeFile(configFile, stringify({ stateFolder: join(bed.folder, 'running'), tor: settings }));
    const checkRelay = ['check', 'relay', onionAddress, '--domain', 'example.test', '--config', configFile];
    const planned = await onionmx.run('setup', 'receiving', '--json', '--torrc', torrc);
    const { changes }: { changes: { path: string }[] } = JSON.parse(planned.stdout);
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['/etc/postfix/main.cf', '/etc/postfix/master.cf', torrc],
      'no second onion service, with a Tor of our own either',
    );
    const naive = await runCommand(checkRelay);
    assert.equal(naive.status, 77, naive.stdout);
    const setup = ['setup', 'receiving', '--torrc', torrc, '--config', configFile];
    const applied = await runCommand([...setup, '--apply']);
    assert.equal(applied.status, 0, applied.stderr);
    const ours = await runCommand(checkRelay);
    assert.deepEqual([ours.status, ours.stderr], [0, ''], ours.stdout);
    assert.match((await runCommand([...setup, '--apply'])).stdout, /There is nothing to change/);
    assert.equal((await runCommand([...setup, '--undo'])).status, 0);
    assert.deepEqual(await snapshot(), original);
  });

  test('tables and domains that are there already go on as they are, without onionmx too', async () => {
    await writeFile('/etc/postfix/domains', 'hosted.test OK\n');
    await writeFile(
      '/etc/postfix/transport',
      ['relayed.test', 'far.test', '.partner.test']
        .map((name) => `${name} smtp:[127.0.0.1]:${clearNetPort}\n`)
        .join(''),
    );
    for (const table of ['domains', 'transport']) await runProgram('postmap', [`/etc/postfix/${table}`]);
    await postfix.setMainCf([
      'virtual_mailbox_domains = hash:/etc/postfix/domains, mysql:/etc/postfix/none.cf',
      'relay_domains = relayed.test',
      'transport_maps = hash:/etc/postfix/transport',
    ]);
    const { plan, ownDomains } = await planAll(onionmx.configFile);
    assert.deepEqual(ownDomains, [
      'mx.example.test',
      'example.test',
      'localhost.example.test',
      'hosted.test',
      'relayed.test',
    ]);
    assert.match(
      plan.notes.join(),
      /mysql:\/etc\/postfix\/none\.cf \(virtual_mailbox_domains\) cannot be listed/,
    );
    await postfix.setMainCf(['virtual_mailbox_domains = hash:/etc/postfix/domains']);
    const applied = await onionmx.run('setup', 'sending', '--apply');
    assert.equal(applied.status, 0, applied.stderr);
    const before = clearNet.messages.length;
    const routed = ['x@relayed.test', 'x@Far.test', 'x@a.partner.test'];
    for (const recipient of routed) await postfix.inject(mailTo(recipient, 'as the operator says'));
    const messages = await clearNet.waitForMessages(before + routed.length, 20_000);
    assert.deepEqual(
      new Set(addressesOf(messages.slice(before))),
      new Set(routed.map((name) => name.toLowerCase())),
    );
    assert.equal((await onionmx.run('setup', '--undo')).status, 0);
  });

  test('a table that answers for every address is no place to begin', async () => {
    await postfix.setMainCf(['transport_maps = static:smtp:[127.0.0.1]']);
    await assert.rejects(planAll(onionmx.configFile), {
      code: 'setup-impossible',
      message: /^static:smtp:\[127\.0\.0\.1\] in transport_maps/,
    });
  });
});

function addressesOf(messages: SmtpSink['messages']): string[] {
  return messages.flatMap(({ recipients }) => recipients.map(({ address }) => address.toLowerCase()));
}

function mailTo(recipient: string, subject: string) {
  return {
    sender: 'alice@example.test',
    recipients: [recipient],
    message: `Subject: ${subject}\r\n\r\n.\r\n`,
  };
}
