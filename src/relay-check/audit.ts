/** Reads from the configuration alone whether an onion service makes an open relay, and whether mail arrives through it. */
import { auditReception } from './audit-reception.ts';
import { auditRelaying, formatRelayGuard } from './audit-relaying.ts';
import { findListener, leadsElsewhere } from '../mail-host/find-listener.ts';
import {
  type AuditedPort,
  type Complaint,
  type Finding,
  fixListener,
  formatSetting,
  formatTarget,
  ownListener,
} from './finding.ts';
import type { HiddenService, ServicePort } from '../mail-host/hidden-services.ts';
import type { OnionClient } from './onion-client.ts';
import type { SmtpdListener } from '../mail-host/postfix-listeners.ts';

/** smtp, submissions, submission: what leads from these to no smtpd is a mistake; from others it is no mail. */
export const mailPorts: ReadonlySet<number> = new Set([25, 465, 587]);

export function auditReceiving(
  listeners: readonly SmtpdListener[],
  services: readonly HiddenService[],
): readonly Finding[] {
  return services.flatMap((service) => service.ports.flatMap((port) => auditPort(listeners, service, port)));
}

function auditPort(
  listeners: readonly SmtpdListener[],
  service: HiddenService,
  port: ServicePort,
): readonly Finding[] {
  const listener = findListener(listeners, port.target);
  if (listener === undefined && !mailPorts.has(port.virtualPort)) return [];
  const complaints =
    listener === undefined
      ? [describeMissing(port)]
      : auditListener({ service, port, listener, client: clientOf(service, port, listener) });
  return complaints.map((complaint) => ({
    ...complaint,
    service: service.folder,
    virtualPort: port.virtualPort,
    listener: listener?.name,
  }));
}

function clientOf(service: HiddenService, port: ServicePort, listener: SmtpdListener): OnionClient {
  if (listener.expectsProxyLine) return { kind: service.exportsCircuitId ? 'circuit' : 'forger' };
  const host = port.target.kind === 'tcp' ? port.target.host : '127.0.0.1';
  // tor on this host connects from the address that it connects to; from 127.0.0.1 to all of 127.0.0.0/8.
  return { kind: 'tor', address: host.startsWith('127.') ? '127.0.0.1' : host };
}

function auditListener(audited: AuditedPort): readonly Complaint[] {
  const complaints = [
    ...auditRelaying(audited),
    ...auditReception(audited),
    ...[findPasswords(audited), findXforward(audited)].filter((found) => found !== undefined),
  ];
  return complaints.length > 0 ? complaints : [describeFine(audited)];
}

function describeMissing(port: ServicePort): Complaint {
  const { virtualPort, target } = port;
  if (leadsElsewhere(target)) return describeElsewhere(port);
  return {
    severity: 'broken',
    what: `port ${virtualPort} leads to ${formatTarget(target)}, where no smtpd and no postscreen of master.cf listens`,
    setting: describePort(port),
    fix: ownListener(virtualPort),
  };
}

export function describeElsewhere(port: ServicePort): Complaint {
  const { virtualPort, target } = port;
  return {
    severity: 'warning',
    what: `port ${virtualPort} leads to ${formatTarget(target)}, which seems to be another host: audit it there`,
    setting: describePort(port),
    fix: undefined,
  };
}

/** The line of the torrc. */
export function describePort({ virtualPort, target, line }: ServicePort): string {
  return `HiddenServicePort ${virtualPort} ${formatTarget(target)} (torrc, line ${line})`;
}

function findPasswords(audited: AuditedPort): Complaint | undefined {
  if (audited.listener.parameter('smtpd_sasl_auth_enable')?.toLowerCase() !== 'yes') return undefined;
  return {
    severity: 'warning',
    what: 'logins are offered (smtpd_sasl_auth_enable = yes): passwords can be guessed through Tor, where no address can be blocked',
    setting: formatSetting(audited.listener, 'smtpd_sasl_auth_enable'),
    fix: fixListener(audited, '-o smtpd_sasl_auth_enable=no'),
  };
}

function findXforward(audited: AuditedPort): Complaint | undefined {
  const hosts = audited.listener.parameter('smtpd_authorized_xforward_hosts') ?? '';
  if (hosts === '') return undefined;
  return {
    severity: 'warning',
    what: `smtpd_authorized_xforward_hosts is not empty (${hosts}): these clients can write any origin into the log and to filters`,
    setting: formatSetting(audited.listener, 'smtpd_authorized_xforward_hosts'),
    fix: fixListener(audited, '-o smtpd_authorized_xforward_hosts='),
  };
}

function describeFine(audited: AuditedPort): Complaint {
  const { port, listener, client } = audited;
  return {
    severity: 'fine',
    what: describeRefusing(port, listener.name, client),
    setting: formatRelayGuard(audited),
    fix: undefined,
  };
}

export function describeRefusing({ virtualPort }: ServicePort, name: string, client: OnionClient): string {
  const clients =
    client.kind === 'circuit' ? 'each circuit as a client of its own' : 'all clients as tor itself';
  return `port ${virtualPort} leads to ${name}, which sees ${clients} and refuses to relay for them`;
}
