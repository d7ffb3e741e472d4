/**
 * The bed of mail servers other than Postfix and Exim: one at sender.test that is configured as its page says, a far host
 * behind an onion service, a clear net, and onionmx.
 */
import { readFile } from 'node:fs/promises';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { clearNetAddress, openClearNet } from './bed/exim-clear-net.ts';
import type { Zone } from './bed/dns-zones.ts';
import type { OnionHostOptions } from './bed/onion-host.ts';
import { readTail } from './bed/read-tail.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import type { SinkOptions } from './bed/smtp-sink-script.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { dialOnion, sendByData } from './bed/smtp-dialogue.ts';
import { createStopStack } from './bed/stop-stack.ts';
import { type Onionmx, startOnionmx } from './onionmx-process.ts';

const ports = { sink: 2503, clearNet: 2504 } as const;

interface Stoppable {
  readonly stop: () => Promise<void>;
}

export interface OtherMtaPlan<Mta extends Stoppable> {
  readonly startMta: (folder: string) => Promise<Mta>;
  readonly onionHosts: readonly OnionHostOptions[];
  /** What the page says for onionmx.yaml. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sink?: SinkOptions;
}

export interface OtherMtaBed<Mta extends Stoppable> {
  readonly bed: Bed;
  readonly mta: Mta;
  /** The far host of example.test. */
  readonly sink: SmtpSink;
  readonly clearNet: SmtpSink;
  readonly onionmx: Onionmx;
  readonly stop: () => Promise<void>;
}

export async function startOtherMtaBed<Mta extends Stoppable>(
  plan: OtherMtaPlan<Mta>,
): Promise<OtherMtaBed<Mta>> {
  const stack = createStopStack();
  try {
    return await buildBed(plan, stack);
  } catch (error) {
    await stack.stopAll();
    throw error;
  }
}

async function buildBed<Mta extends Stoppable>(
  { startMta, onionHosts, settings, sink: sinkOptions }: OtherMtaPlan<Mta>,
  stack: ReturnType<typeof createStopStack>,
): Promise<OtherMtaBed<Mta>> {
  const folder = await createBedFolder();
  stack.push('the folder', () => removeBedFolder(folder).catch(() => {})); // parts may be mounted until the namespace ends
  const sink = await startSmtpSink({ port: ports.sink, hostname: 'mx.example.test', ...sinkOptions });
  stack.push('the sink', sink.stop);
  const clearNet = await startSmtpSink({ port: ports.clearNet, hostname: 'mx.clear.test' });
  stack.push('the clear net', clearNet.stop);
  stack.push('its address', await openClearNet(ports.clearNet));
  const mta = await startMta(folder);
  stack.push('the mail server', mta.stop);
  const bed = await startOnions(onionHosts);
  stack.push('the bed', bed.stop);
  const { resolver } = bed.dns();
  const onionmx = await startOnionmx(`${bed.folder}/o`, {
    domains: { own: ['sender.test'] },
    dns: { resolvers: [`${resolver.host}:${resolver.port}`], timeoutMs: 2000 },
    tor: { use: 'running', socks: `unix:${bed.clientTor().socksPath}` },
    ...settings,
  }).catch((cause: unknown) => {
    throw new Error(readTail(`${bed.folder}/o/onionmx.log`), { cause });
  });
  stack.push('onionmx', onionmx.stop);
  return { bed, mta, sink, clearNet, onionmx, stop: stack.stopAll };
}

function startOnions(onionHosts: readonly OnionHostOptions[]): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [
      { name: 'sink', ports: [{ onionPort: 25, target: `127.0.0.1:${ports.sink}` }] },
      ...onionHosts,
    ],
    zones: (onionAddressOf) => [
      {
        name: 'example.test',
        kind: 'signed',
        records: `_onion-mx._tcp SRV 0 0 25 ${onionAddressOf('sink')}.\n@ TXT "v=spf1 -all"`,
      },
      { name: 'dead.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 0 25 ${makeOnionAddress(1)}.` },
      ...['clear.test', 'sender.test'].map((name): Zone => {
        return { name, kind: 'unsigned', records: `@ A ${clearNetAddress}` };
      }),
    ],
  });
}

/** By the onion service of that name, as strangers come; resolves with the last reply. */
export async function sendByOnion(
  bed: Bed,
  name: string,
  mail: Parameters<typeof sendByData>[1],
): Promise<string> {
  const target = { host: bed.onionHost(name).onionAddress, port: 25 };
  const dialogue = await dialOnion(bed.clientTor().socksPath, target);
  try {
    await dialogue.hear();
    await dialogue.say('EHLO [127.0.0.1]');
    return await sendByData(dialogue, mail);
  } finally {
    dialogue.close();
  }
}

/** What `check relay` says of the onion service of that name. */
export async function checkRelay(
  { bed, onionmx }: Pick<OtherMtaBed<Stoppable>, 'bed' | 'onionmx'>,
  name: string,
) {
  const { onionAddress } = bed.onionHost(name);
  const result = await onionmx.run('check', 'relay', onionAddress, '--domain', 'sender.test', '--json');
  const [{ verdict, attempts }] = JSON.parse(result.stdout).targets;
  const accepted = attempts.filter(({ finding }: { finding: string }) => finding === 'accepted');
  return { code: result.status, verdict, isAnyAccepted: accepted.length > 0 };
}

/** A file as the page of a mail server shows it, behind three backticks and `info`; its domains are those of the bed. */
export async function readExample(page: string, info: string): Promise<string> {
  const text = await readFile(`docs/other-mail-servers/${page}.md`, 'utf8');
  const [, after] = text.split(`\n\`\`\`${info}\n`);
  const [example] = after?.split('\n```\n') ?? [];
  if (example === undefined) throw new Error(`${page}.md shows no ${info}`);
  return `${example.replaceAll('example.net', 'sender.test').replaceAll('example.org', 'example.test')}\n`;
}
