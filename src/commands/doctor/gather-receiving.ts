/** What doctor wants to know of the onion services of this host: where they lead, and whether somebody listens there. */
import type { Config } from '../../config/schema.ts';
import type { AuditFinding, ReceivingFacts } from '../../doctor/judge-receiving.ts';
import { toOnionmxError } from '../../errors.ts';
import { debianTorrc, readOnionServices } from '../../mail-host/read-onion-services.ts';
import { dial } from '../../net/dial.ts';
import type { Exchanger } from '../../protocol/exchanger.ts';
import { formatSocketAddress, isLocalAddress, type SocketAddress } from '../../protocol/socket-address.ts';
import type { MailServerAudit } from './mail-server-audit.ts';
import { onionServicesOf } from '../onion-services-of.ts';
import { torrcLinesOf } from '../torrc-lines-of.ts';

export interface OnionServices {
  readonly receiving: ReceivingFacts;
  readonly onions: readonly OwnOnion[];
  /** Folders of those whose address is not known. */
  readonly unnamed: readonly string[];
}

/** A port that takes mail, of an onion service whose address is known. */
interface OwnOnion extends Exchanger {
  /** For a closed group, whose members learn of it from their maps. */
  readonly isClosed: boolean;
}

const dialTimeoutMs = 5000;
/** smtp, submissions, submission. */
const mailPorts: ReadonlySet<number> = new Set([25, 465, 587]);

/** server: undefined when the mail server's configuration is not known. Throws `torrc-unreadable` and what the audit throws. */
export async function gatherReceiving(
  config: Config,
  torrc: string | undefined,
  server: MailServerAudit | undefined,
): Promise<OnionServices> {
  const services = await readOnionServices({ torrc, torrcLines: torrcLinesOf(config) });
  const audited = await server?.audit(services);
  const configured = onionServicesOf(config);
  const ports = services.flatMap(({ folder, onionAddress, ports: all }) =>
    all
      .filter(({ virtualPort }) => isForMail(audited, folder, virtualPort))
      .map(({ virtualPort, target }) => ({ folder, onionAddress, virtualPort, target })),
  );
  const targets = ports.flatMap(({ target }) => (target.kind === 'other' ? [] : [target]));
  return {
    receiving: {
      mailServer: server?.mailServer,
      audited,
      targets: await Promise.all(unique(targets.filter(isLocalAddress)).map(tryListener)),
      sources: [torrc ?? debianTorrc, '`receiving.onionServices`', '`tor.extraTorrc`'],
    },
    onions: ports.flatMap(({ folder, onionAddress: own, virtualPort: port }) => {
      const service = configured.find((found) => found.folder === folder);
      const isClosed = (service?.authorisedClients.length ?? 0) > 0;
      const onionAddress = service?.onionbalance ?? own;
      return onionAddress === undefined ? [] : [{ onionAddress, port, priority: 0, weight: 0, isClosed }];
    }),
    unnamed: [
      ...new Set(ports.filter(({ onionAddress }) => onionAddress === undefined).map(({ folder }) => folder)),
    ],
  };
}

function isForMail(
  audited: readonly AuditFinding[] | undefined,
  folder: string,
  virtualPort: number,
): boolean {
  if (audited === undefined) return mailPorts.has(virtualPort);
  return audited.some((finding) => finding.service === folder && finding.virtualPort === virtualPort);
}

function unique(addresses: readonly SocketAddress[]): readonly SocketAddress[] {
  return [...new Map(addresses.map((address) => [formatSocketAddress(address), address])).values()];
}

async function tryListener(address: SocketAddress): Promise<ReceivingFacts['targets'][number]> {
  const name = formatSocketAddress(address);
  try {
    (await dial(address, dialTimeoutMs)).destroy();
    return { name, trouble: undefined };
  } catch (error) {
    return { name, trouble: toOnionmxError(error).message };
  }
}
