/** The onion services of our own tor on the private network: reachable, kept over restarts and a lost disk, and closed groups. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { bedSkip } from './bed/bed-availability.ts';
import { readTail } from './bed/read-tail.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import { connectThroughSocks, waitUntilReachable } from './bed/socks-connect.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { type Onionmx, startOnionmx } from './onionmx-process.ts';

const skip = bedSkip(['tor']);
const plenty = 60_000;
const [firstPort, groupPort] = [2515, 2517];
/** Of nobody: the group is closed from the first moment. */
const strangersKey = `descriptor:x25519:${'A'.repeat(51)}Q`;

interface ShownService {
  readonly name: string;
  readonly onionAddress: string;
  readonly closedGroup: number | null;
  readonly clients: { readonly circuits: number } | null;
}

describe('the own onion services', { skip }, async () => {
  const bed = skip === false ? await startBed({ clientTor: true }) : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;

  const secondPath = join(bed.folder, 'second sink');
  const [first, second, group] = await Promise.all([
    startSink(bed, { port: firstPort }),
    startSink(bed, { path: secondPath }),
    startSink(bed, { port: groupPort }),
  ]);
  const settings = (groupKeys: readonly string[]) => ({
    ...commonSettings(bed, 'o'),
    domains: { own: ['example.test'] },
    receiving: {
      onionServices: [
        { name: 'mail', target: `127.0.0.1:${firstPort}` },
        { name: 'next', target: `unix:${secondPath}`, port: 2525, proofOfWork: false, streamsPerCircuit: 2 },
        { name: 'group', target: `127.0.0.1:${groupPort}`, authorisedClients: groupKeys },
      ],
    },
  });
  const host = await startOnionmx(join(bed.folder, 'o'), settings([strangersKey]));
  bed.onStop('onionmx', host.stop);
  const member = await startOnionmx(join(bed.folder, 'p'), commonSettings(bed, 'p'));
  bed.onStop('the member', member.stop);

  async function show(): Promise<{ services: ShownService[]; records: string[]; unusedKeys: string[] }> {
    const { status, stdout, stderr } = await host.run('onion', 'show', '--json');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  }

  async function addressOf(name: string): Promise<string> {
    const { services } = await show();
    return services.find((service) => service.name === name)?.onionAddress ?? assert.fail(name);
  }

  async function waitForOnion(host2: string, port = 25): Promise<void> {
    const explain = () => readTail(join(bed?.folder ?? '', 'o/onionmx.log'), 30);
    const { socksPath } = (bed ?? assert.fail()).clientTor();
    await waitUntilReachable(socksPath, { host: host2, port }, plenty, explain);
  }

  const [mailAddress, nextAddress, groupAddress] = await Promise.all(
    ['mail', 'next', 'group'].map(waitForAddress),
  );
  assert.ok(mailAddress !== undefined && nextAddress !== undefined && groupAddress !== undefined);

  async function waitForAddress(name: string): Promise<string> {
    const line = await host.waitForLog((each) => each.msg === 'onion service' && each['name'] === name, name);
    return String(line['onionAddress']);
  }

  test('two services at once are reached, and their targets learn that the clients are strangers', async () => {
    await Promise.all([waitForOnion(mailAddress), waitForOnion(nextAddress, 2525)]);
    for (const [sink, port] of [
      [first, 25],
      [second, 2525],
    ] as const) {
      const [line] = await waitFor(
        'a PROXY line',
        () => sink.proxyLines.length > 0 && sink.proxyLines,
        plenty,
      );
      assert.match(line ?? '', new RegExp(`^PROXY TCP6 fc00:dead:beef:4dad::[0-9a-f:]+ ::1 \\d+ ${port}$`));
    }
  });

  test('the log says which services there are, and when they can be found', async () => {
    await host.waitForLog(
      (line) => line.msg === 'onion service is published' && line['onionAddress'] === mailAddress,
      'its publication',
    );
    const lines = await host.logLines();
    const told = lines.find((line) => line.msg === 'onion service' && line['name'] === 'next');
    assert.deepEqual([told?.['port'], told?.['target']], [2525, `unix:${secondPath}`]);
    assert.deepEqual(
      lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    );
  });

  test('show: addresses, records in the order of preference, and how many clients came', async () => {
    const countClients = async () => (await show()).services[0]?.clients?.circuits ?? 0;
    const before = await countClients();
    for (let client = 1; client <= 3; client++) await waitForOnion(mailAddress); // each try on a circuit of its own
    await waitFor('the clients to be counted', async () => (await countClients()) >= before + 3, plenty);
    const { services, records } = await show();
    assert.deepEqual(
      services.map(({ name, onionAddress, closedGroup }) => [name, onionAddress, closedGroup]),
      [
        ['mail', mailAddress, null],
        ['next', nextAddress, null],
        ['group', groupAddress, 1],
      ],
    );
    assert.deepEqual(records, [
      `_onion-mx._tcp.example.test. 3600 IN SRV 0 5 25 ${mailAddress}.`,
      `_onion-mx._tcp.example.test. 3600 IN SRV 10 5 2525 ${nextAddress}.`,
    ]);
    const { stdout } = await host.run('onion', 'show');
    assert.ok(stdout.includes(mailAddress) && stdout.includes('a closed group of 1'), stdout);
  });

  test('a closed group: strangers are kept out; who has joined and is on the list comes in', async () => {
    const refused = await connectThroughSocks(
      { path: bed.clientTor().socksPath },
      { host: groupAddress, port: 25 },
      plenty,
    );
    assert.deepEqual(refused, { kind: 'refused', replyByte: 0xf4 });
    const before = await member.run('probe', `${groupAddress}:25`);
    assert.match(before.stdout, /client authori[sz]ation/, before.stderr);

    const joined = await member.run('onion', 'join', groupAddress);
    const [key = ''] = joined.stdout.split('\n');
    assert.match(key, /^descriptor:x25519:[A-Z2-7]{52}$/, joined.stderr);
    assert.equal((await member.run('onion', 'join', groupAddress)).stdout.split('\n')[0], key);

    await host.stop();
    await configure(host, settings([strangersKey, key]));
    await host.start();
    const comesIn = async () => (await member.run('probe', `${groupAddress}:25`)).status === 0;
    await waitFor('the member to come in', comesIn, plenty, {
      explain: async () => (await member.run('probe', `${groupAddress}:25`)).stdout,
    });
    assert.ok(group.proxyLines.length > 0);
    const stranger = await connectThroughSocks(
      { path: bed.clientTor().socksPath },
      { host: groupAddress, port: 25, isolationKey: 'again' },
      plenty,
    );
    assert.deepEqual(stranger, { kind: 'refused', replyByte: 0xf4 });

    await host.stop();
    await configure(host, settings([strangersKey]));
    await host.start();
    const files = (await show()).services.map(({ closedGroup }) => closedGroup);
    assert.deepEqual(files, [null, null, 1], 'who is off the list is out');
  });

  test('who opens too many connections on a circuit is cut off, and nobody else', async () => {
    const connect = (isolationKey: string) => {
      const { socksPath } = bed.clientTor();
      return connectThroughSocks(
        { path: socksPath },
        { host: nextAddress, port: 2525, isolationKey },
        plenty,
      );
    };
    await waitForOnion(nextAddress, 2525);
    const other = await openSocket(connect('another client'));
    const greedy = await openSocket(connect('greedy'));
    const isCutOff = once(greedy, 'close', { signal: AbortSignal.timeout(plenty) });
    greedy.resume();
    const further = ['second', 'third'].map(() => connect('greedy'));
    await isCutOff;
    for (const outcome of await Promise.all(further))
      if (outcome.kind === 'connected') outcome.socket.destroy();
    assert.equal(other.closed, false);
    other.destroy();
  });

  test('the addresses are the same after a restart', async () => {
    await host.stop();
    await host.start();
    assert.equal(await addressOf('mail'), mailAddress);
    await waitForOnion(mailAddress);
  });

  test('with a backup, the addresses survive the loss of the state', async () => {
    const file = join(bed.folder, 'keys.json');
    const backup = await host.run('onion', 'backup', file);
    assert.equal(backup.status, 0, backup.stderr);
    assert.match(backup.stdout, /can receive the mail/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const again = await host.run('onion', 'backup', file);
    assert.deepEqual([again.status, /is there already/.test(again.stderr)], [71, true]);

    await host.stop();
    await rm(host.stateFolder, { recursive: true });
    await host.start();
    await waitFor(
      'other keys',
      async () => (await show()).services.every((each) => each.onionAddress !== null),
      plenty,
    );
    assert.notEqual(await addressOf('mail'), mailAddress);
    await host.stop();
    const refused = await host.run('onion', 'restore', file);
    assert.equal(refused.status, 71);
    assert.match(refused.stderr, /onion\/mail has other keys[^]*onion\/next has other keys/);

    await rename(join(host.stateFolder, 'onion'), join(host.stateFolder, 'onion.old'));
    for (const time of ['first', 'second']) {
      const restored = await host.run('onion', 'restore', file);
      assert.equal(restored.status, 0, `${time}: ${restored.stderr}`);
    }
    await host.start();
    assert.deepEqual(
      (await show()).services.map(({ onionAddress }) => onionAddress),
      [mailAddress, nextAddress, groupAddress],
    );
    await Promise.all([waitForOnion(mailAddress), waitForOnion(nextAddress, 2525)]);
  });
});

async function openSocket(connecting: ReturnType<typeof connectThroughSocks>): Promise<Socket> {
  const outcome = await connecting;
  if (outcome.kind !== 'connected') throw new Error(JSON.stringify(outcome));
  outcome.socket.on('error', () => {});
  return outcome.socket;
}

async function startSink(
  bed: Bed,
  place: { readonly port: number } | { readonly path: string },
): Promise<SmtpSink> {
  const sink = await startSmtpSink({ ...place, hostname: 'mx.example.test', expectsProxyLine: true });
  bed.onStop('a sink', sink.stop);
  return sink;
}

/** Nothing of this host: no queue directory of its Postfix, no resolver. */
function commonSettings(bed: Bed, name: string) {
  return {
    dns: { resolvers: ['127.0.0.1:1'] },
    lookup: { socketmap: [`unix:${join(bed.folder, name, 'map')}`] },
    delivery: { endpointFolder: join(bed.folder, name, 'e') },
    tor: { extraTorrc: bed.network().torrcLines },
  };
}

async function configure(host: Onionmx, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const { stateFolder } = host;
  await writeFile(host.configFile, stringify({ stateFolder, log: { level: 'debug' }, ...settings }));
}
