/** What the audit of Exim says, with the values and what to do. */
import type { EximListener } from '../mail-host/exim-listeners.ts';
import { leadsElsewhere } from '../mail-host/find-listener.ts';
import type { HiddenService, ServicePort } from '../mail-host/hidden-services.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { quoteReply } from '../protocol/smtp-reply.ts';
import { describeElsewhere, describePort, describeRefusing } from './audit.ts';
import { describeClient } from './audit-relaying.ts';
import { formatAclDecision } from './exim-trace.ts';
import { type Complaint, formatTarget } from './finding.ts';
import type { OnionClient } from './onion-client.ts';
import type { PlayedEnvelope } from './play-exim.ts';

export interface AuditedEximPort {
  readonly service: HiddenService;
  readonly port: ServicePort;
  readonly listener: EximListener;
  readonly client: OnionClient;
  readonly ownDomain: DomainName;
}

const recipe =
  'docs/exim.md has a listener that nobody relays through: `onionmx setup receiving --mail-server exim`';

export function describeOpen({ client }: AuditedEximPort, { decision }: PlayedEnvelope): Complaint {
  const entry = decision?.matched === undefined ? '' : ` for ${decision.matched}`;
  const reason = decision === undefined ? '' : `; ${decision.verb ?? 'the end'} in ${decision.acl}${entry}`;
  return {
    severity: 'open',
    what: `${describeClient(client)}${reason}: everybody on Tor can relay`,
    setting: settingOf(decision),
    fix: recipe,
  };
}

export function describeForgedLine({ listener }: AuditedEximPort, { decision }: PlayedEnvelope): Complaint {
  return {
    severity: 'warning',
    what: `a local process that writes "PROXY TCP4 127.0.0.1 …" to ${listener.name} can relay`,
    setting: settingOf(decision),
    fix: recipe,
  };
}

/** tor writes the line or not, Exim waits for it or not: when they differ, no session gets going. */
export function findMismatch({ service, port, listener }: AuditedEximPort): Complaint | undefined {
  if (service.exportsCircuitId === listener.expectsProxyLine) return undefined;
  const torrc = `torrc, below HiddenServiceDir ${service.folder} (line ${service.line})`;
  if (listener.expectsProxyLine)
    return {
      severity: 'broken',
      what: `${listener.name} waits for a PROXY line that tor does not write: no onion mail arrives`,
      setting: 'HiddenServiceExportCircuitID none',
      fix: `${torrc}: HiddenServiceExportCircuitID haproxy`,
    };
  return {
    severity: 'broken',
    what: `tor begins each connection to ${formatTarget(port.target)} with a PROXY line, which Exim takes for an unknown SMTP command`,
    setting: 'hosts_proxy does not have tor',
    fix: `${recipe}; with exim4-daemon-light take HiddenServiceExportCircuitID out of the torrc`,
  };
}

export function describeRefusal({ ownDomain, listener }: AuditedEximPort, played: PlayedEnvelope): Complaint {
  const { reply, decision } = played;
  const said = reply === undefined ? 'nothing' : quoteReply(reply);
  return {
    severity: (reply?.code ?? 400) >= 500 ? 'broken' : 'warning',
    what: `mail for postmaster@${ownDomain} is refused at ${listener.name}: ${said}`,
    setting: settingOf(decision),
    fix: recipe,
  };
}

export function findPasswords({ greeting }: PlayedEnvelope): Complaint | undefined {
  if (greeting === undefined || !greeting.lines.slice(1).some((line) => /^AUTH\b/i.test(line)))
    return undefined;
  return {
    severity: 'warning',
    what: 'logins are offered: passwords can be guessed through Tor, where no address can be blocked',
    setting: 'auth_advertise_hosts has onion clients',
    fix: recipe,
  };
}

export function describeFine(audited: AuditedEximPort, stranger: PlayedEnvelope | undefined): Complaint {
  const { port, listener, client } = audited;
  return {
    severity: 'fine',
    what: describeRefusing(port, listener.name, client),
    setting: settingOf(stranger?.decision),
    fix: undefined,
  };
}

export function describeMissing(port: ServicePort): Complaint {
  if (leadsElsewhere(port.target)) return describeElsewhere(port);
  return {
    severity: 'broken',
    what: `port ${port.virtualPort} leads to ${formatTarget(port.target)}, where Exim does not listen`,
    setting: describePort(port),
    fix: recipe,
  };
}

function settingOf(decision: PlayedEnvelope['decision']): string {
  return decision === undefined ? 'no ACL was asked' : formatAclDecision(decision);
}
