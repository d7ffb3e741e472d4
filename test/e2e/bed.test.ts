/** The test bed's own test: what the other end-to-end tests stand on has to stand itself. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { type DnsAnswer, askDns } from './bed/ask-dns.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { readTail } from './bed/read-tail.ts';
import { startProcess } from './bed/start-process.ts';
import { waitFor } from './bed/wait-for.ts';
import { runProgram } from './bed/run-program.ts';
import { listProcesses } from './bed/process-table.ts';
import { sendMail } from './bed/smtp-client.ts';
import { closeConnection, sayNothing } from './bed/smtp-sink-script.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { connectThroughSocks, waitUntilReachable } from './bed/socks-connect.ts';
import { type Bed, startBed } from './bed/start-bed.ts';

const skip = bedSkip();
const pidsBefore = new Set(listProcesses().map(({ pid }) => pid));
const senderPort = 2501;
const receiverPort = 2502;

function listNewProcesses(): string[] {
  return listProcesses()
    .filter(({ pid, commandLine }) => !pidsBefore.has(pid) && !commandLine.includes('esbuild'))
    .map(({ commandLine }) => commandLine);
}

function startWholeBed(): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [{ name: 'mx', ports: [{ onionPort: 25, target: `127.0.0.1:${receiverPort}` }] }],
    zones: (onionAddressOf) => [
      {
        name: 'example.test',
        kind: 'unsigned',
        records: `_onion-mx._tcp SRV 0 0 25 ${onionAddressOf('mx')}.`,
      },
      { name: 'signed.test', kind: 'signed', records: 'here A 127.0.0.1' },
      { name: 'bogus.test', kind: 'bogus', records: 'here A 127.0.0.1' },
      { name: 'broken.test', kind: 'broken', records: '' },
      { name: 'silent.test', kind: 'silent', records: '' },
    ],
    postfix: [
      {
        name: 'a',
        hostname: 'mx.sender.test',
        ownDomains: ['sender.test'],
        listenPorts: [senderPort],
        clearNetNexthop: `[127.0.0.1]:${receiverPort}`,
      },
      {
        name: 'b',
        hostname: 'mx.example.test',
        ownDomains: ['example.test'],
        listenPorts: [receiverPort],
      },
    ],
    progress: (step, elapsedMs) => console.log(`${(elapsedMs / 1000).toFixed(1).padStart(5)} s  ${step}`),
  });
}

describe('a whole bed', { skip }, async () => {
  const bed = skip === false ? await startWholeBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const sender = bed.postfix('a');
  const receiver = bed.postfix('b');

  async function ask(name: string, type: 'A' | 'SRV', timeoutMs = 5000): Promise<DnsAnswer | undefined> {
    return askDns(bed === undefined ? assert.fail() : bed.dns().resolver, name, type, timeoutMs);
  }

  test('an onion host is reached through the client tor', async () => {
    const target = { host: bed.onionHost('mx').onionAddress, port: 25 };
    const outcome = await connectThroughSocks({ path: bed.clientTor().socksPath }, target, 10_000);
    assert.equal(outcome.kind, 'connected');
    if (outcome.kind === 'connected') outcome.socket.destroy();
  });

  test('a host on the clear net is reached by its name through an exit, which asks the resolver of the bed', async () => {
    const target = { host: 'here.signed.test', port: receiverPort };
    const outcome = await connectThroughSocks({ path: bed.clientTor().socksPath }, target, 20_000);
    assert.equal(outcome.kind, 'connected', JSON.stringify(outcome));
    if (outcome.kind === 'connected') outcome.socket.destroy();
  });

  test('an onion address that nobody offers is refused with an extended error', async () => {
    const target = { host: `${'a'.repeat(56)}.onion`, port: 25 };
    const outcome = await connectThroughSocks({ path: bed.clientTor().socksPath }, target, 10_000);
    assert.deepEqual(outcome, { kind: 'refused', replyByte: 0xf6 });
  });

  test('an onion host goes and comes back', async () => {
    const host = bed.onionHost('mx');
    const { socksPath } = bed.clientTor();
    const target = { host: host.onionAddress, port: 25 };
    await host.stop();
    const outcome = await connectThroughSocks({ path: socksPath }, target, 5000);
    assert.notEqual(outcome.kind, 'connected');
    await host.start();
    console.log(
      `reachable again after ${Math.round(await waitUntilReachable(socksPath, target, 60_000))} ms`,
    );
  });

  test('each kind of zone answers as it is meant to', async () => {
    const srv = await ask('_onion-mx._tcp.example.test', 'SRV');
    assert.deepEqual([srv?.rcode, srv?.isAuthenticated, srv?.answerCount], ['NOERROR', false, 1]);
    const signed = await ask('here.signed.test', 'A');
    assert.deepEqual([signed?.rcode, signed?.isAuthenticated], ['NOERROR', true]);
    const absent = await ask('absent.signed.test', 'A');
    assert.deepEqual([absent?.rcode, absent?.isAuthenticated], ['NXDOMAIN', true]);
    const bogus = await ask('here.bogus.test', 'A');
    assert.deepEqual([bogus?.rcode, bogus?.extendedErrors], ['SERVFAIL', [9]]);
    assert.equal((await ask('here.broken.test', 'A'))?.rcode, 'SERVFAIL');
    assert.equal(await ask('here.silent.test', 'A', 1500), undefined);
    assert.equal((await ask('elsewhere.example', 'A'))?.rcode, 'NXDOMAIN');
  });

  test('records change, and the authority fails and comes back', async () => {
    const dns = bed.dns();
    await dns.setRecords('example.test', 'new A 127.0.0.9');
    assert.equal((await ask('new.example.test', 'A'))?.answerCount, 1);
    assert.equal((await ask('_onion-mx._tcp.example.test', 'SRV'))?.rcode, 'NXDOMAIN');
    await dns.stopAuthority();
    await dns.flushCache();
    assert.equal((await ask('new.example.test', 'A'))?.rcode, 'SERVFAIL');
    await dns.startAuthority();
    assert.equal((await ask('new.example.test', 'A'))?.rcode, 'NOERROR');
  });

  test('the query log shows what was asked, also by way of the system resolver', async () => {
    await runProgram('getent', ['ahosts', 'forgotten.onion']).catch(() => '');
    const names = (await bed.dns().queryLog()).map(({ name }) => name);
    assert.ok(names.includes('here.signed.test') && names.includes('forgotten.onion'), names.join(' '));
  });

  test('Postfix delivers to Postfix, byte for byte', async () => {
    const message = 'Subject: dots\r\n\r\n.one\r\n..two\r\nthree\r\n';
    const envelope = { sender: 'alice@sender.test', recipients: ['bob@example.test', 'eve@example.test'] };
    const queueId = await sender.inject({ ...envelope, message });
    const mails = await receiver.waitForReceived(2, 10_000);
    assert.deepEqual(mails.map((mail) => mail.recipient).sort(), envelope.recipients);
    for (const mail of mails) {
      assert.equal(mail.sender, envelope.sender);
      const [hop, own] = mail.message.toString().split(/(?=^Subject)/m);
      assert.match(hop ?? '', /^Received: from client\.test[^]*by mx\.sender\.test/);
      assert.equal(own, message.replaceAll('\r\n', '\n'));
    }
    assert.match(await sender.waitForLog(new RegExp(`${queueId}: .*status=sent`), 5000), /:2502/);
  });

  test('mail waits in the queue while the other host is down', async () => {
    const count = (await receiver.received()).length;
    await receiver.stop();
    const recipients = ['late@example.test'];
    const queueId = await sender.inject({ sender: '', recipients, message: 'Subject: late\r\n\r\n' });
    await sender.waitForLog(new RegExp(`${queueId}: .*status=deferred`), 10_000);
    const [queued] = await sender.queue();
    assert.equal(queued?.queueId, queueId);
    assert.match(queued.recipients[0]?.delayReason ?? '', /Connection refused/);
    await receiver.start();
    await sender.flush();
    assert.equal((await receiver.waitForReceived(count + 1, 10_000)).at(-1)?.sender, '');
    assert.deepEqual(await sender.queue(), []);
  });

  test('mail of a local user is delivered', async () => {
    const count = (await receiver.received()).length;
    const recipients = ['bob@example.test'];
    await sender.injectLocally({
      sender: 'alice@sender.test',
      recipients,
      message: 'Subject: local\n\nhi\n',
    });
    await receiver.waitForReceived(count + 1, 10_000);
  });

  test('it stops, twice, and leaves no process and no folder', async () => {
    await Promise.all([bed.stop(), bed.stop()]);
    await bed.stop();
    assert.deepEqual(listNewProcesses(), []);
    assert.equal(existsSync(bed.folder), false);
  });
});

describe('beds in namespaces of their own', { skip }, () => {
  const entry = ['--import', 'tsx', 'test/e2e/bed/enter-namespace.ts', '--'];
  const tryBed = [process.execPath, '--import', 'tsx', 'test/e2e/bed/try-bed.ts'];

  test('two stand side by side', async () => {
    const beds = ['one', 'other'].map(() =>
      runProgram(process.execPath, [...entry, ...tryBed], { timeoutMs: 90_000 }),
    );
    for (const output of await Promise.all(beds)) assert.match(output, /^up in /m);
  });

  test('nothing is left when the one who holds it is killed', async () => {
    const outputPath = join(await createBedFolder(), 'output');
    const args = [...entry, ...tryBed, 'stay'];
    const holder = await startProcess({ name: 'bed', command: process.execPath, args, outputPath });
    const isUp = () => {
      holder.assertRunning();
      return readTail(outputPath).includes('up in');
    };
    await waitFor('the bed to be up', isUp, 60_000, { explain: () => readTail(outputPath) });
    assert.ok(listNewProcesses().some((commandLine) => commandLine.startsWith('tor ')));
    await holder.kill();
    await waitFor('the kernel to end the bed', () => listNewProcesses().length === 0, 5000, {
      explain: () => listNewProcesses().join('\n'),
    });
    await removeBedFolder(dirname(outputPath));
  });

  test('exit status and signals pass through', async () => {
    const shell = [...entry, 'sh', '-c'];
    await assert.rejects(runProgram(process.execPath, [...shell, 'exit 7']), /ended with 7/);
    const folder = await createBedFolder();
    const outputPath = join(folder, 'output');
    const args = [...shell, 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'];
    const running = await startProcess({ name: 'shell', command: process.execPath, args, outputPath });
    await waitFor('the shell to be ready', () => readTail(outputPath).includes('ready'), 10_000);
    running.send('SIGTERM');
    assert.equal(await running.ended, '3');
    await removeBedFolder(folder);
  });
});

describe('the SMTP sink', () => {
  test('keeps envelope, parameters and bytes', async () => {
    const sink = await startSmtpSink();
    const message = 'Subject: x\r\n\r\n.\r\n..\r\n8 bit \u00e4\r\n';
    const parameters = {
      mailParameters: ['BODY=8BITMIME', 'RET=HDRS'],
      recipientParameters: ['NOTIFY=NEVER'],
    };
    await sendMail(sink.port, { sender: 'a@a.test', recipients: ['b@b.test'], message, ...parameters });
    await sink.stop();
    const [got] = sink.messages;
    assert.deepEqual(got?.mailParameters, parameters.mailParameters);
    assert.deepEqual(got.recipients, [{ address: 'b@b.test', parameters: ['NOTIFY=NEVER'] }]);
    assert.equal(got.data.toString(), message);
  });

  test('answers as it is told', async () => {
    const sink = await startSmtpSink({
      answer: ({ verb }) => (verb === 'RCPT' ? '550 5.1.1 nobody' : undefined),
    });
    const mail = { sender: 'a@a.test', recipients: ['b@b.test'], message: '' };
    await assert.rejects(sendMail(sink.port, mail), /RCPT TO.*550 5\.1\.1 nobody/);
    await sink.stop();
    assert.deepEqual(sink.messages, []);
  });

  test('cuts the connection, or says nothing, as it is told', async () => {
    const mail = { sender: 'a@a.test', recipients: ['b@b.test'], message: '' };
    const cutting = await startSmtpSink({
      answer: ({ verb }) => (verb === 'END' ? closeConnection : undefined),
    });
    await assert.rejects(sendMail(cutting.port, mail), /closed the connection/);
    await cutting.stop();
    const silent = await startSmtpSink({ answer: ({ verb }) => (verb === 'MAIL' ? sayNothing : undefined) });
    const sending = assert.rejects(sendMail(silent.port, mail), /closed the connection|ECONNRESET/);
    await waitFor('MAIL to arrive', () => silent.commands.some(({ line }) => line.startsWith('MAIL')), 5000);
    silent.dropSessions();
    await sending;
    await silent.stop();
  });

  test('takes a message of 20 MB', async () => {
    const sink = await startSmtpSink();
    const message = `Subject: large\r\n\r\n${'0123456789'.repeat(7).concat('\r\n').repeat(280_000)}`;
    await sendMail(sink.port, { sender: 'a@a.test', recipients: ['b@b.test'], message });
    await sink.stop();
    assert.equal(sink.messages[0]?.data.toString('latin1') === message, true);
  });
});
