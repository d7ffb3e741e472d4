/**
 * What the attacks are tried on: alice's Postfix at sender.test with onionmx, a name server whose word an attacker may change,
 * the true onion of every domain (`good`), the attacker's (`evil`), and the clear net, where each domain has a mail server with a
 * valid certificate and a web server. A test is a story: what is published, the attack, a mail, and where it went.
 */
import { join } from 'node:path';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
} from '../e2e/bed/certificates.ts';
import { authorityAddress } from '../e2e/bed/dns-authority.ts';
import { startHttpsServer } from '../e2e/bed/https-server.ts';
import { startSmtpSink } from '../e2e/bed/smtp-sink.ts';
import { waitUntilReachable } from '../e2e/bed/socks-connect.ts';
import { type Bed, startBed } from '../e2e/bed/start-bed.ts';
import { type Onionmx, startOnionmx } from '../e2e/onionmx-process.ts';
import {
  clearNetRecords,
  mailServerAddress,
  prepareSender,
  senderPostfix,
  webServerAddress,
} from './attack-hosts.ts';
import { type AttackBed, describeAttackBed, endOfLog } from './describe-attack.ts';
import { createMailTrace, type Place } from './trace-mail.ts';

export interface AttackPlan {
  /** The domains of the test; nothing of theirs names an onion at first. */
  readonly domains: Readonly<Record<string, 'signed' | 'unsigned'>>;
  /** Sections of the configuration besides those that the bed needs. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Of the onion hosts: by what port an exchanger is asked for, and what stands behind it. */
export const ports = {
  good: 2503,
  evil: 2504,
  /** Offers TLS, with a certificate of the attacker's own. */
  impostor: { onionPort: 2525, target: 2505 },
  /** Nothing listens there by itself. */
  relay: { onionPort: 2526, target: 2506 },
} as const;

/** TTL 0, see clearNetRecords. */
export function srv(target: string, { port = 25, priority = 0 } = {}): string {
  return `_onion-mx._tcp 0 SRV ${priority} 0 ${port} ${target}.`;
}

export async function startAttackBed(plan: AttackPlan): Promise<AttackBed> {
  const names = Object.keys(plan.domains);
  const bed = await startBed({
    onionHosts: [
      { name: 'good', ports: [listen(25, ports.good)] },
      {
        name: 'evil',
        ports: [
          listen(25, ports.evil),
          listen(ports.impostor.onionPort, ports.impostor.target),
          listen(ports.relay.onionPort, ports.relay.target),
        ],
      },
    ],
    zones: () =>
      Object.entries(plan.domains).map(([name, kind]) => ({
        name,
        kind,
        records: clearNetRecords().join('\n'),
        ttlSeconds: 0,
      })),
    postfix: [senderPostfix],
  });
  try {
    const authority = await createCertificateAuthority(bed.folder);
    const certificate = await authority.issue(
      'every-domain.test',
      ...names.flatMap((name) => [name, `mx.${name}`, `mta-sts.${name}`]),
    );
    const web = await startHttpsServer(certificate, webServerAddress);
    bed.onStop('the web servers', web.stop);
    const places = await startPlaces(bed, certificate, await authority.issue('mx.mallory.test'));
    const sender = bed.postfix('a');
    await prepareSender(sender, authority);
    const onionmx = await startService(bed, plan, authority);
    await waitForWays(bed, onionmx, names[0] ?? '');
    return describeAttackBed({
      bed,
      onionmx,
      authority,
      certificate,
      web,
      trace: createMailTrace(sender, places),
    });
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

function listen(onionPort: number, target: number) {
  return { onionPort, target: `127.0.0.1:${target}` };
}

/** The true onion leads to the same mail server as the clear net, so it shows the same certificate. */
async function startPlaces(
  bed: Bed,
  certificate: IssuedCertificate,
  attackers: IssuedCertificate,
): Promise<readonly Place[]> {
  const good = await startSmtpSink({ port: ports.good, hostname: 'mx.good.test', tls: certificate });
  const evil = await startSmtpSink({ port: ports.evil, hostname: 'mx.evil.test' });
  const impostor = await startSmtpSink({ port: ports.impostor.target, tls: attackers });
  const clear = await startSmtpSink({ host: mailServerAddress, port: 25, tls: certificate });
  const places: readonly Place[] = [
    ['good', good],
    ['evil', evil],
    ['evil', impostor],
    ['clear net', clear],
  ];
  bed.onStop('the mail servers', async () => void (await Promise.all(places.map(([, sink]) => sink.stop()))));
  return places;
}

async function startService(
  bed: Bed,
  { settings }: AttackPlan,
  authority: CertificateAuthority,
): Promise<Onionmx> {
  const { queueDirectory } = bed.postfix('a');
  const endpointFolder = join(queueDirectory, 'onionmx');
  const { resolver } = bed.dns();
  const onionmx = await startOnionmx(
    join(bed.folder, 'o'),
    {
      domains: { own: ['sender.test'] },
      // the second one does not validate: it serves what the first one refuses
      dns: {
        resolvers: [resolver, authorityAddress].map(({ host, port }) => `${host}:${port}`),
        timeoutMs: 800,
      },
      lookup: { socketmap: [`unix:${endpointFolder}/map.sock`] },
      delivery: { endpointFolder, nexthopPrefix: 'onionmx' },
      tor: { use: 'managed', extraTorrc: bed.network().torrcLines },
      ...settings,
    },
    { env: { NODE_EXTRA_CA_CERTS: authority.file } },
  );
  bed.onStop('onionmx', onionmx.stop);
  return onionmx;
}

/** Through onionmx's own tor: to both onion services, and through an exit to the clear net. */
async function waitForWays(bed: Bed, { stateFolder }: Onionmx, webHost: string): Promise<void> {
  const explain = () => endOfLog({ stateFolder });
  const wait = (socks: string, host: string, port: number) =>
    waitUntilReachable(join(stateFolder, 'tor', socks), { host, port }, 90_000, explain);
  await Promise.all([
    wait('socks', bed.onionHost('good').onionAddress, 25),
    wait('socks', bed.onionHost('evil').onionAddress, 25),
    wait('exit', webHost, 443),
  ]);
}
