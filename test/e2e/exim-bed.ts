/** The bed of Exim: one at sender.test with onionmx and two onion services, a far host, and a clear net. */
import { defaultOnionHeader } from '../../src/mail-host/onion-listener.ts';
import { readTail } from './bed/read-tail.ts';
import { eximReceivingFiles, eximSendingFiles } from '../../src/mail-host/exim-recipe.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { type Exim, startExim } from './bed/exim.ts';
import { clearNetAddress, openClearNet } from './bed/exim-clear-net.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { createStopStack } from './bed/stop-stack.ts';
import { type Onionmx, startOnionmx } from './onionmx-process.ts';

export const eximPorts = { usual: 2501, sink: 2503, clearNet: 2504, onion: 2515 } as const;

/** Where `lookup.socketmap` and `delivery.endpointFolder` are. */
const onionmxFolder = '/var/spool/exim4/onionmx';
export const eximPlaces = {
  mapSocket: `${onionmxFolder}/map.sock`,
  endpointFolder: onionmxFolder,
  transport: 'onion',
} as const;

export interface EximBed {
  readonly bed: Bed;
  readonly exim: Exim;
  /** The far host of example.test. */
  readonly sink: SmtpSink;
  readonly clearNet: SmtpSink;
  readonly onionmx: Onionmx;
  readonly stop: () => Promise<void>;
}

export async function startEximBed(): Promise<EximBed> {
  const stack = createStopStack();
  try {
    return await buildBed(stack.push, stack.stopAll);
  } catch (error) {
    await stack.stopAll();
    throw error;
  }
}

type Push = ReturnType<typeof createStopStack>['push'];

async function buildBed(push: Push, stop: () => Promise<void>): Promise<EximBed> {
  const folder = await createBedFolder();
  push('the folder', () => removeBedFolder(folder).catch(() => {})); // it is mounted until the namespace ends
  const sink = await startSmtpSink({ port: eximPorts.sink, hostname: 'mx.example.test' });
  push('the sink', sink.stop);
  const clearNet = await startSmtpSink({ port: eximPorts.clearNet, hostname: 'mx.clear.test' });
  push('the clear net', clearNet.stop);
  push('its address', await openClearNet(eximPorts.clearNet));
  const exim = await startExim(folder, {
    hostname: 'mx.sender.test',
    ownDomains: ['sender.test'],
    interfaces: `127.0.0.1.${eximPorts.usual} ; 127.0.0.1.${eximPorts.onion}`,
    relayNets: '0.0.0.0/0 ; ::/0', // whoever comes to the usual listener may relay: ours must not care
  });
  push('Exim', exim.stop);
  await exim.applyRecipe([
    ...eximSendingFiles(eximPlaces),
    ...eximReceivingFiles({ port: eximPorts.onion, header: defaultOnionHeader }),
  ]);
  const bed = await startOnions();
  push('the bed', bed.stop);
  const { resolver } = bed.dns();
  const onionmx = await startOnionmx(`${bed.folder}/o`, {
    domains: { own: ['sender.test'] },
    dns: { resolvers: [`${resolver.host}:${resolver.port}`], timeoutMs: 2000 },
    lookup: { socketmap: [`unix:${eximPlaces.mapSocket}`] },
    delivery: { endpointFolder: onionmxFolder, nexthopPrefix: onionmxFolder },
    sockets: { group: 'Debian-exim' },
    tor: { use: 'running', socks: `unix:${bed.clientTor().socksPath}` },
  }).catch((cause: unknown) => {
    throw new Error(readTail(`${bed.folder}/o/onionmx.log`), { cause });
  });
  push('onionmx', onionmx.stop);
  return { bed, exim, sink, clearNet, onionmx, stop };
}

function smtpTo(port: number) {
  return [{ onionPort: 25, target: `127.0.0.1:${port}` }];
}

function startOnions(): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [
      { name: 'sink', ports: smtpTo(eximPorts.sink) },
      { name: 'naive', ports: smtpTo(eximPorts.usual) },
      {
        name: 'guarded',
        ports: smtpTo(eximPorts.onion),
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
    ],
    zones: (onionAddressOf) => [
      {
        name: 'example.test',
        kind: 'signed',
        records: `_onion-mx._tcp SRV 0 0 25 ${onionAddressOf('sink')}.`,
      },
      { name: 'dead.test', kind: 'unsigned', records: `_onion-mx._tcp SRV 0 0 25 ${makeOnionAddress(1)}.` },
      { name: 'clear.test', kind: 'unsigned', records: `@ A ${clearNetAddress}` },
      { name: 'broken.test', kind: 'broken', records: '' },
    ],
  });
}
