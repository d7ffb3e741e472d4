/** `onionmx doctor` on a host where all is as it should be; then one thing after the other is broken, and it names that one. */
import assert from 'node:assert/strict';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { runDoctorCommand } from '../../src/commands/doctor/doctor.ts';
import type { DoctorFinding } from '../../src/doctor/finding.ts';
import { onionListenerOptions } from '../../src/mail-host/onion-listener.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { runProgram } from './bed/run-program.ts';
import { startClientTor } from './bed/client-tor.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { type Onionmx, startOnionmx } from './onionmx-process.ts';

const skip = bedSkip();
const [smtpPort, onionPort] = [2501, 2515];

function record(onionAddress: string): string {
  return `_onion-mx._tcp SRV 0 5 25 ${onionAddress}.`;
}

/** One host that sends and receives, with a zone of its own. */
function startHost(): Promise<Bed> {
  return startBed({
    onionHosts: [
      {
        name: 'self',
        ports: [{ onionPort: 25, target: `127.0.0.1:${onionPort}` }],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
      { name: 'naive', ports: [{ onionPort: 25, target: `127.0.0.1:${smtpPort}` }] },
    ],
    zones: (onionAddressOf) => [
      { name: 'arpa', kind: 'signed', records: '' },
      { name: 'own.test', kind: 'signed', records: record(onionAddressOf('self')) },
    ],
    postfix: [
      {
        name: 'a',
        hostname: 'mx.own.test',
        ownDomains: ['own.test'],
        listenPorts: [],
        transportMaps: goodTransportMaps,
        mainCf: ['onion_initial_destination_concurrency = 1'],
        masterCf: [
          `127.0.0.1:${smtpPort} inet n - n - - smtpd -o rewrite_service_name=rewrite2`,
          `127.0.0.1:${onionPort} inet n - n - - smtpd ${onionListenerOptions()
            .map((option) => `-o ${option}`)
            .join(' ')}`,
          'onion unix - - n - - lmtp -o syslog_name=postfix/onion',
          'rewrite2 unix - - n - - trivial-rewrite -o transport_maps=',
        ],
      },
    ],
  });
}

const goodTransportMaps =
  'regexp:$config_directory/onionmx-own.regexp, socketmap:unix:onionmx/map.sock:onionmx';

async function startService(bed: Bed): Promise<Onionmx> {
  await writeFile(join(bed.postfix('a').configDirectory, 'onionmx-own.regexp'), '/@own\\.test$/ :\n');
  await writeFile(join(bed.folder, 'map.yml'), '');
  const onionmx = await startOnionmx(join(bed.folder, 'o'), settingsFor(bed));
  bed.onStop('onionmx', onionmx.stop);
  await waitForSelf(bed, join(onionmx.stateFolder, 'tor/socks'));
  return onionmx;
}

function settingsFor(bed: Bed) {
  const endpointFolder = join(bed.postfix('a').queueDirectory, 'onionmx');
  const { host, port } = bed.dns().resolver;
  return {
    domains: { own: ['own.test'] },
    map: [join(bed.folder, 'map.yml')],
    dns: { resolvers: [`${host}:${port}`], timeoutMs: 2000 },
    lookup: { socketmap: [`unix:${endpointFolder}/map.sock`] },
    delivery: { endpointFolder, nexthopPrefix: 'onionmx', connectTimeoutMs: 10_000 },
    tor: { use: 'managed', extraTorrc: bed.network().torrcLines },
  };
}

async function waitForSelf(bed: Bed, socksPath: string): Promise<void> {
  const target = { host: bed.onionHost('self').onionAddress, port: 25 };
  await waitUntilReachable(socksPath, target, 60_000, () => '');
}

interface Diagnosis {
  readonly code: number;
  /** `severity id`, of all that is not ok. */
  readonly troubles: readonly string[];
  readonly text: string;
}

describe('doctor', { skip }, async () => {
  const bed = skip === false ? await startHost() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const onionmx = await startService(bed);
  const postfix = bed.postfix('a');
  const self = bed.onionHost('self').onionAddress;

  async function examine(torrcOf = 'self', configPath = onionmx.configFile): Promise<Diagnosis> {
    let text = '';
    const options = {
      configPath,
      torrc: join(bed?.onionHost(torrcOf).dataFolder ?? '', 'torrc'),
      postfix: postfix.configDirectory,
      json: true,
      version: '0',
    };
    const code = await runDoctorCommand(options, (more) => void (text += more));
    const { findings }: { findings: DoctorFinding[] } = JSON.parse(text);
    const troubles = findings.filter(({ severity }) => severity !== 'ok');
    return { code, troubles: troubles.map(({ severity, id }) => `${severity} ${id}`), text };
  }

  async function assertTroubles(
    code: number,
    troubles: readonly string[],
    torrcOf?: string,
    configPath?: string,
  ): Promise<void> {
    const found = await examine(torrcOf, configPath);
    assert.deepEqual([found.code, found.troubles], [code, troubles], found.text);
  }

  /** doctor reads the file, so nothing is reloaded. Programs of Postfix wait until a file is some seconds old. */
  async function edit(line: string): Promise<void> {
    await runProgram('postconf', ['-c', postfix.configDirectory, '-e', line]);
    await utimes(join(postfix.configDirectory, 'main.cf'), 0, 0);
  }

  test('all is well', () => assertTroubles(0, []));

  const settings: readonly [
    why: string,
    broken: string,
    mended: string,
    code: number,
    ...troubles: string[],
  ][] = [
    [
      'transport_maps without ours',
      'transport_maps =',
      `transport_maps = ${goodTransportMaps}`,
      78,
      'error transport-maps',
    ],
    [
      'a table for everybody before ours',
      `transport_maps = static:discard:, ${goodTransportMaps}`,
      `transport_maps = ${goodTransportMaps}`,
      78,
      'error table-order',
    ],
    [
      'own domains that are not settled',
      'transport_maps = socketmap:unix:onionmx/map.sock:onionmx',
      `transport_maps = ${goodTransportMaps}`,
      0,
      'warning own-domains',
    ],
    [
      'the default concurrency',
      'onion_initial_destination_concurrency = 5',
      'onion_initial_destination_concurrency = 1',
      0,
      'warning concurrency',
    ],
    [
      'TLS wanted of endpoints',
      'lmtp_tls_security_level = encrypt',
      'lmtp_tls_security_level =',
      78,
      'error endpoint-tls',
    ],
    [
      'a restriction that asks DNS for senders',
      'smtpd_sender_restrictions = reject_unknown_sender_domain',
      'smtpd_sender_restrictions =',
      0,
      'warning dns-for-onion',
    ],
    [
      'the same, behind a table that settles .onion',
      'smtpd_sender_restrictions = check_sender_access inline:{onion=REJECT}, reject_unknown_sender_domain',
      'smtpd_sender_restrictions =',
      0,
    ],
    ['a milter', 'smtpd_milters = inet:127.0.0.1:9', 'smtpd_milters =', 0, 'unknown filters'],
  ];
  for (const [why, broken, mended, code, ...troubles] of settings) {
    test(why, async () => {
      await edit(broken);
      try {
        await assertTroubles(code, troubles);
      } finally {
        await edit(mended);
      }
    });
  }

  test('the naive onion service is an open relay, and is what counts; DNS names another', () =>
    assertTroubles(77, ['error srv', 'error relay'], 'naive'));

  test('an SRV record that is not ours', async () => {
    await bed.dns().setRecords('own.test', record(bed.onionHost('naive').onionAddress));
    await assertTroubles(78, ['error srv']);
    await bed.dns().setRecords('own.test', `${record(self)}\n${record(bed.onionHost('naive').onionAddress)}`);
    await assertTroubles(0, ['warning srv']);
    await bed.dns().setRecords('own.test', '');
    await assertTroubles(0, ['warning srv']);
    await bed.dns().setRecords('own.test', record(self));
    await assertTroubles(0, []);
  });

  test('a map with an error', async () => {
    const map = join(bed.folder, 'map.yml');
    await writeFile(map, 'example.com: nonsense\n');
    await assertTroubles(78, ['error map']);
    await writeFile(map, '');
  });

  test('Postfix that does not run', async () => {
    await postfix.stop();
    await assertTroubles(69, ['error onion-service', 'error listener']);
    await postfix.start();
  });

  test('onionmx that does not run, and its Tor with it', async () => {
    await onionmx.stop();
    await assertTroubles(69, ['error tor-socks', 'unknown onion-service', 'error lookup-answers']);
    await onionmx.start();
  });

  test('a Tor that runs already: without ExtendedErrors, and then without a network', async () => {
    const socksPath = join(bed.network().folder, 'client/plain'); // tor wants a folder of its own
    const client = await startClientTor(bed.network(), { extraLines: [`SocksPort unix:${socksPath}`] });
    bed.onStop('the client tor', client.stop);
    await waitForSelf(bed, socksPath);
    const configPath = join(bed.folder, 'running.yaml');
    const { stateFolder } = onionmx;
    const write = (path: string) =>
      writeFile(
        configPath,
        stringify({ ...settingsFor(bed), stateFolder, tor: { use: 'running', socks: `unix:${path}` } }),
      );
    await write(client.socksPath);
    await assertTroubles(0, [], 'self', configPath);
    await write(socksPath);
    await assertTroubles(0, ['warning socks-errors'], 'self', configPath);
    await bed.network().stop();
    await assertTroubles(69, ['error tor-network', 'unknown onion-service'], 'self', configPath);
  });
});
