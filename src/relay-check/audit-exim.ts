/**
 * What Exim's configuration says of each port of an onion service. Nobody but Exim can read its ACLs, so it plays the
 * sessions itself (`exim4 -bh`): byte for byte what tor and a stranger would say, and no packet is sent.
 */
import type { EximListener } from '../mail-host/exim-listeners.ts';
import { findListener } from '../mail-host/find-listener.ts';
import type { HiddenService, ServicePort } from '../mail-host/hidden-services.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { formatTorProxyLine } from '../protocol/proxy-line.ts';
import { mailPorts } from './audit.ts';
import {
  type AuditedEximPort,
  describeFine,
  describeForgedLine,
  describeMissing,
  describeOpen,
  describeRefusal,
  findMismatch,
  findPasswords,
} from './exim-complaints.ts';
import type { Complaint, Finding } from './finding.ts';
import type { OnionClient } from './onion-client.ts';
import { type PlayedEnvelope, playExim, type RehearseExim, torAddressTo } from './play-exim.ts';
import { buildRelayAttempts } from './relay-attempts.ts';

interface EximAudit {
  readonly ownDomain: DomainName;
  readonly rehearse: RehearseExim;
}

/** Any address that is trusted; the listener believes it whoever writes it. */
const forgedLine = 'PROXY TCP4 127.0.0.1 127.0.0.1 1025 25\r\n';
const anyCircuit = 73;
/** The rest is tried at the listener itself. */
const playedAttempts: ReadonlySet<string> = new Set(['plain', 'null-sender', 'own-postmaster']);

export async function auditExim(
  listeners: readonly EximListener[],
  services: readonly HiddenService[],
  audit: EximAudit,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const service of services)
    for (const port of service.ports) found.push(...(await auditPort(listeners, service, port, audit)));
  return found;
}

async function auditPort(
  listeners: readonly EximListener[],
  service: HiddenService,
  port: ServicePort,
  audit: EximAudit,
): Promise<readonly Finding[]> {
  const listener = findListener(listeners, port.target);
  if (listener === undefined && !mailPorts.has(port.virtualPort)) return [];
  const complaints =
    listener === undefined
      ? [describeMissing(port)]
      : await auditListener({ ...audit, service, port, listener, client: clientOf(service, port, listener) });
  return complaints.map((complaint) => ({
    ...complaint,
    service: service.folder,
    virtualPort: port.virtualPort,
    listener: listener?.name,
  }));
}

function clientOf(service: HiddenService, port: ServicePort, listener: EximListener): OnionClient {
  if (listener.expectsProxyLine) return { kind: service.exportsCircuitId ? 'circuit' : 'forger' };
  return { kind: 'tor', address: torAddressTo(port) };
}

async function auditListener(audited: AuditedEximPort & EximAudit): Promise<readonly Complaint[]> {
  const strangers = await playStrangers(audited, firstLineOf(audited));
  const own = await play(audited, firstLineOf(audited), '', `postmaster@${audited.ownDomain}`);
  const open = strangers.find(({ isAccepted }) => isAccepted);
  const complaints = [
    open === undefined ? await findForgedLine(audited) : describeOpen(audited, open),
    findMismatch(audited),
    own.isAccepted ? undefined : describeRefusal(audited, own),
    findPasswords(own),
  ].filter((found) => found !== undefined);
  return complaints.length > 0 ? complaints : [describeFine(audited, strangers[0])];
}

/** What comes before SMTP from such a client when it knows what the listener wants. */
function firstLineOf({ client, port }: AuditedEximPort): string {
  if (client.kind === 'tor') return '';
  return client.kind === 'forger' ? forgedLine : formatTorProxyLine(anyCircuit, port.virtualPort);
}

function play(audited: AuditedEximPort & EximAudit, firstLine: string, sender: string, recipient: string) {
  return playExim({ ...audited, firstLine, sender, recipient }, audited.rehearse);
}

async function playStrangers(
  audited: AuditedEximPort & EximAudit,
  firstLine: string,
): Promise<PlayedEnvelope[]> {
  const attempts = buildRelayAttempts({ ownDomain: audited.ownDomain, ownOnion: undefined });
  const played: PlayedEnvelope[] = [];
  for (const { sender, recipients } of attempts.filter(({ id }) => playedAttempts.has(id)))
    played.push(await play(audited, firstLine, sender, recipients.join()));
  return played;
}

/** The PROXY line is believed whoever writes it: it must not matter which address it tells. */
async function findForgedLine(audited: AuditedEximPort & EximAudit): Promise<Complaint | undefined> {
  if (audited.client.kind !== 'circuit') return undefined;
  const forged = (await playStrangers(audited, forgedLine)).find(({ isAccepted }) => isAccepted);
  return forged === undefined ? undefined : describeForgedLine(audited, forged);
}
