/** What leaves the host: nothing under .onion is asked of DNS, and onionmx talks to sockets of this host alone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeOnionAddress } from '../made-up-onions.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { runProgram } from './bed/run-program.ts';
import { type MailBed, startMailBed } from './mail-bed.ts';

const skip = bedSkip(['tor', 'dns', 'postfix', 'trace']);

/** Every connect, bind and send of onionmx and its children, with the address; one file a process or thread. */
async function startTracedBed(): Promise<{ mailBed: MailBed; traceFolder: string }> {
  const traceFolder = await mkdtemp('/dev/shm/trace-');
  const strace = ['strace', '-ff', '-qq', '-o', join(traceFolder, 't')];
  const calls = 'trace=execve,socket,connect,bind,sendto,sendmsg,sendmmsg';
  const mailBed = await startMailBed({
    wrapper: [...strace, '-e', calls, '-e', 'signal=none'],
    moreZones: (onionAddressOf) => [
      { name: 'absent.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 0 25 ${makeOnionAddress(1)}.` },
      { name: 'cname.test', kind: 'unsigned', records: `_onion-mx._tcp CNAME ${onionAddressOf('sink')}.` },
    ],
  });
  return { mailBed, traceFolder };
}

interface TracedCall {
  readonly family: string;
  readonly line: string;
}

/** The calls of onionmx that name an address. tor is left out: reaching its network is its job, and it looks for interfaces. */
function readTrace(folder: string): TracedCall[] {
  const traces = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  const lines = traces
    .filter((text) => !/^execve\("[^"]*\/tor"/m.test(text))
    .flatMap((text) => text.split('\n'));
  return lines.flatMap((line) => {
    const family = /sa_family=(AF_\w+)/.exec(line)?.[1];
    return family === undefined ? [] : [{ family, line }];
  });
}

function isOfThisHost({ family, line }: TracedCall): boolean {
  switch (family) {
    case 'AF_UNIX':
      return true;
    case 'AF_INET':
      return /inet_addr\("127\.\d+\.\d+\.\d+"\)/.test(line) || isPortChoice(line);
    case 'AF_INET6':
      return /inet_pton\(AF_INET6, "::1"/.test(line);
    default:
      return false;
  }
}

/** Binding to 0.0.0.0 port 0 before a connect() only lets the kernel choose a port; nobody can be reached by it. */
function isPortChoice(line: string): boolean {
  return /^bind\(.*sin_port=htons\(0\), sin_addr=inet_addr\("0\.0\.0\.0"\)/.test(line);
}

describe('privacy', { skip }, async () => {
  const traced = skip === false ? await startTracedBed() : undefined;
  after(async () => {
    await traced?.mailBed.stop();
    if (traced !== undefined) await rm(traced.traceFolder, { recursive: true, force: true });
  });
  if (traced === undefined) return;
  const { bed, sender, onionmx, onionAddressOf, mapSocket } = traced.mailBed;

  async function trySend(recipient: string): Promise<void> {
    const mail = { sender: 'alice@sender.test', recipients: [recipient], message: 'Subject: x\r\n\r\n' };
    const queueId = await sender.inject(mail).catch(() => undefined);
    if (queueId !== undefined) await sender.waitForLog(new RegExp(`${queueId}: to=.*status=`), 90_000);
  }

  test('mail of every kind, lookups and probes: not one query under .onion', async () => {
    const onion = onionAddressOf('sink');
    const recipients = [
      'a@example.test',
      `b@${onion}`,
      `c@MAIL.${onion.toUpperCase()}`,
      'd@bad.onion',
      'e@onion',
    ];
    for (const recipient of [
      ...recipients,
      'f@clear.test',
      'g@absent.test',
      'h@cname.test',
      'i@sender.test',
    ]) {
      await trySend(recipient);
    }
    for (const key of [`x@${onion}`, 'x@bad.onion', `x@y.${onion}`, 'cname.test', 'example.test']) {
      await onionmx.run('lookup', key);
    }
    await onionmx.run('probe', onion);
    const table = `socketmap:unix:${mapSocket}:onionmx`;
    await runProgram('postmap', ['-c', sender.configDirectory, '-q', `x@${onion}`, table]);

    const names = (await bed.dns().queryLog()).map(({ name }) => name);
    assert.ok(names.includes('_onion-mx._tcp.example.test'), 'the log of the resolver shows what was asked');
    assert.deepEqual(
      names.filter((name) => name === 'onion' || name.endsWith('.onion')),
      [],
    );
  });

  test('the process opens no sockets but Unix-domain and loopback ones', async () => {
    await onionmx.stop();
    const calls = readTrace(traced.traceFolder);
    assert.ok(
      calls.some(({ line }) => line.includes('tor/socks')),
      'the trace shows the way to Tor',
    );
    assert.ok(
      calls.some(({ line }) => line.includes('sin_port=htons(53)')),
      'the trace shows the way to DNS',
    );
    assert.deepEqual(
      calls.filter((call) => !isOfThisHost(call)).map(({ line }) => line),
      [],
    );
  });
});
