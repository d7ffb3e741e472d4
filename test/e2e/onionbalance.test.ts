/** Two hosts behind one onion address, which Onionbalance publishes, on the private network. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bedSkip } from './bed/bed-availability.ts';
import { startClientTor } from './bed/client-tor.ts';
import { makeFrontend, startOnionbalance, voteForOnionbalance } from './bed/onionbalance.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { type Onionmx, startOnionmx } from './onionmx-process.ts';

const skip = bedSkip(['tor', 'onionbalance']);
/** It fetches and publishes by a clock of its own, the first time after 45 seconds. */
const plenty = 240_000;

interface Host {
  readonly onionmx: Onionmx;
  readonly sink: SmtpSink;
  readonly onionAddress: string;
}

describe('one onion address for two hosts', { skip }, async () => {
  const bed = skip === false ? await startBed({ tor: true }) : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;

  await voteForOnionbalance(bed.network());
  const frontend = await makeFrontend(join(bed.folder, 'onionbalance'));
  const { onionAddress } = frontend;
  const [first, second, tor] = await Promise.all([
    startHost(bed, 'a', onionAddress),
    startHost(bed, 'b', onionAddress),
    startTor('balancer'),
  ]);
  const hosts = [first, second];
  const onionbalance = await startOnionbalance(
    frontend,
    tor,
    hosts.map((host) => host.onionAddress),
  );
  bed.onStop('Onionbalance', onionbalance.stop);
  // a client keeps the first descriptor that it gets, and that may know of one host only
  await onionbalance.waitForInstances(hosts.length);
  const client = await startTor('client');

  async function startTor(name: string) {
    assert.ok(bed !== undefined);
    const started = await startClientTor(bed.network(), { name });
    bed.onStop(`tor ${name}`, started.stop);
    return started;
  }

  /** On a circuit of its own. */
  async function connectAnew(): Promise<void> {
    await waitUntilReachable(client.socksPath, { host: onionAddress, port: 25 }, plenty, explain);
  }

  function explain(): string {
    onionbalance.assertRunning();
    return onionbalance.logTail();
  }

  async function haveBothHosts(): Promise<boolean> {
    await connectAnew();
    return hosts.every(({ sink }) => sink.sessionCount() > 0);
  }

  const probe = () => second.onionmx.run('probe', `${onionAddress}:25`);

  test('connections to it come to both hosts', async () => {
    await waitFor('a connection at each host', haveBothHosts, plenty, { explain });
  });

  test('onionmx reaches it as any other exchanger', async () => {
    await waitFor('a good probe', async () => (await probe()).status === 0, plenty, {
      explain: async () => (await probe()).stdout,
    });
  });

  test('the clients of a host that stops come to the other one', async () => {
    await first.onionmx.stop();
    const [stopped, before] = hosts.map(({ sink }) => sink.sessionCount());
    for (let connection = 1; connection <= 5; connection++) await connectAnew();
    const counts = () => hosts.map(({ sink }) => sink.sessionCount());
    await waitFor('the connections', () => (counts()[1] ?? 0) >= (before ?? 0) + 5, plenty);
    assert.equal(counts()[0], stopped);
  });
});

async function startHost(bed: Bed, name: string, onionbalance: string): Promise<Host> {
  const [folder, path] = [join(bed.folder, name), join(bed.folder, `${name}.sink`)];
  const hostname = `${name}.example.test`;
  const sink = await startSmtpSink({ path, hostname, expectsProxyLine: true });
  bed.onStop(`the sink of ${name}`, sink.stop);
  const onionmx = await startOnionmx(folder, {
    dns: { resolvers: ['127.0.0.1:1'] },
    lookup: { socketmap: [`unix:${join(folder, 'map')}`] },
    delivery: { endpointFolder: join(folder, 'e') },
    tor: { extraTorrc: bed.network().torrcLines },
    receiving: { onionServices: [{ name: 'mail', target: `unix:${path}`, onionbalance }] },
  });
  bed.onStop(`the host ${name}`, onionmx.stop);
  const line = await onionmx.waitForLog(({ msg }) => msg === 'onion service', 'its address');
  return { onionmx, sink, onionAddress: String(line['onionAddress']) };
}
