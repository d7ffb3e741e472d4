/**
 * The small bed, for where Postfix may not be used: a built-in receiver behind an onion service of the private Tor
 * network, onionmx with a map instead of DNS, and a built-in sender that does what Postfix would. Needs tor, no root.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SmtpSink, startSmtpSink } from '../../test/e2e/bed/smtp-sink.ts';
import type { OutgoingMail } from '../../test/e2e/bed/smtp-client.ts';
import { waitUntilReachable } from '../../test/e2e/bed/socks-connect.ts';
import { type Bed, startBed } from '../../test/e2e/bed/start-bed.ts';
import { readTail } from '../../test/e2e/bed/read-tail.ts';
import { type Onionmx, startOnionmx } from '../../test/e2e/onionmx-process.ts';
import { assertPortsFree } from './assert-ports-free.ts';
import { askSocketmap } from '../../test/e2e/bed/ask-socketmap.ts';
import { type Delivery, type DemoBed, onionmxLogOf, type ShowStep, transactionTiming } from './demo-bed.ts';
import { endChildrenOnSignal } from './end-children-on-signal.ts';
import { deliverByLmtp } from './lmtp-dialogue.ts';

const reachableTimeoutMs = 60_000;
/** Nothing listens there: a question that the map does not answer does not leave this machine. */
const noResolver = '127.0.0.1:9';

export async function startBuiltInBed(showStep: ShowStep): Promise<DemoBed> {
  await assertPortsFree();
  const undo = endChildrenOnSignal();
  try {
    return await startParts(showStep);
  } finally {
    undo();
  }
}

async function startParts(showStep: ShowStep): Promise<DemoBed> {
  const receiver = await startSmtpSink({ hostname: 'mx.example.test' });
  const bed = await startTorAround(receiver, showStep);
  try {
    return await addOnionmx(bed, receiver, showStep);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

async function startTorAround(receiver: SmtpSink, showStep: ShowStep): Promise<Bed> {
  const target = `127.0.0.1:${receiver.port}`;
  try {
    const bed = await startBed({
      onionHosts: [{ name: 'receiver', ports: [{ onionPort: 25, target }] }],
      progress: showStep,
    });
    bed.onStop('the receiver', receiver.stop);
    return bed;
  } catch (error) {
    await receiver.stop();
    throw error;
  }
}

async function addOnionmx(bed: Bed, receiver: SmtpSink, showStep: ShowStep): Promise<DemoBed> {
  const { onionAddress } = bed.onionHost('receiver');
  const endpointFolder = join(bed.folder, 'onionmx');
  const mapFile = join(bed.folder, 'map.yml');
  const mapSocket = join(endpointFolder, 'map.sock');
  await writeFile(mapFile, `${onionAddress}: [example.test]\n`);
  const settings = {
    domains: { own: ['sender.test'] },
    map: [mapFile],
    dns: { resolvers: [noResolver] },
    lookup: { socketmap: [`unix:${mapSocket}`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx' },
    tor: { extraTorrc: bed.network().torrcLines },
  };
  const startedMs = performance.now();
  // without a namespace nobody else ends it, should the demo be killed
  const wrapper = ['setpriv', '--pdeathsig', 'TERM'];
  const onionmx = await startOnionmx(join(bed.folder, 'o'), settings, { wrapper });
  bed.onStop('onionmx', onionmx.stop);
  showStep('onionmx serve, with a tor of its own', performance.now() - startedMs);
  const logPath = onionmxLogOf(onionmx);
  const reachedMs = await waitUntilReachable(
    join(onionmx.stateFolder, 'tor/socks'),
    { host: onionAddress, port: 25 },
    reachableTimeoutMs,
    () => readTail(logPath),
  );
  showStep('the onion service answers through Tor', reachedMs);
  return {
    folder: bed.folder,
    onionmx,
    mapSocket,
    deliver: (mail) => deliver({ folder: bed.folder, mapSocket, onionmx, receiver }, mail),
    tools: [],
    variables: { ONIONMX_LOG: logPath },
    suggestions: [
      ['onionmx lookup bob@example.test', 'where this mail would go, and why'],
      ['onionmx probe example.test', 'does its exchanger answer, and how fast'],
      ['tail -f $ONIONMX_LOG', 'the log of onionmx'],
    ],
    onStop: bed.onStop,
    stop: bed.stop,
  };
}

interface Ends {
  readonly folder: string;
  readonly mapSocket: string;
  readonly onionmx: Onionmx;
  readonly receiver: SmtpSink;
}

/** What Postfix does: asks, and hands the message to the socket that the answer names, relative to its queue directory. */
async function deliver(
  { folder, mapSocket, onionmx, receiver }: Ends,
  mail: OutgoingMail,
): Promise<Delivery> {
  const [recipient = ''] = mail.recipients;
  const { text } = await askSocketmap(mapSocket, recipient);
  const path = /^OK onion:unix:(\S+)$/.exec(text)?.[1];
  if (path === undefined) throw new Error(`no onion for ${recipient}: ${text}`);
  const { lines, greetingMs, totalMs } = await deliverByLmtp(join(folder, path), mail);
  const received = receiver.messages.at(-1);
  const source = 'the built-in sender';
  return {
    story: {
      title: 'What the built-in sender and onionmx say to each other',
      explanation:
        'A question on the socketmap socket, then LMTP on the socket that the answer names. C: sender, S: onionmx.',
      lines: [`C: onionmx ${recipient}`, `S: ${text}`, '', ...lines],
    },
    received: {
      place: `the built-in receiver, from <${received?.sender}>`,
      text: received?.data.toString() ?? '',
    },
    timings: [
      { what: 'everything, from the connection to onionmx', ms: totalMs, source },
      { what: 'connection: circuit through Tor, banner, EHLO', ms: greetingMs, source },
      await transactionTiming(onionmx),
    ],
  };
}
