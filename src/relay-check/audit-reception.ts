/** What keeps honest onion mail from arriving. */
import { type AuditedPort, type Complaint, fixListener, formatSetting, formatTarget } from './finding.ts';
import { type Judgement, judgeList } from './judge-restrictions.ts';
import { splitPostfixWords } from '../mail-host/postfix-words.ts';
import { parseRestrictions, restrictionLists } from './restrictions.ts';

export function auditReception(audited: AuditedPort): readonly Complaint[] {
  return [findProxyMismatch(audited), findMissingIpv6(audited), ...findRefusals(audited)].filter(
    (found) => found !== undefined,
  );
}

/** tor writes the line or not, Postfix waits for it or not: when they differ, no session gets going. */
function findProxyMismatch(audited: AuditedPort): Complaint | undefined {
  const { service, port, listener } = audited;
  if (service.exportsCircuitId === listener.expectsProxyLine) return undefined;
  const parameter = `${listener.isPostscreen ? 'postscreen' : 'smtpd'}_upstream_proxy_protocol`;
  if (listener.expectsProxyLine)
    return {
      severity: 'broken',
      what: `${listener.name} waits for a PROXY line that tor does not write: no onion mail arrives`,
      setting: 'HiddenServiceExportCircuitID none',
      fix: `torrc, below HiddenServiceDir ${service.folder} (line ${service.line}): HiddenServiceExportCircuitID haproxy`,
    };
  return {
    severity: 'broken',
    what: `tor begins each connection to ${formatTarget(port.target)} with a PROXY line, which ${listener.name} takes for an unknown SMTP command`,
    setting: formatSetting(listener, parameter),
    fix: fixListener(audited, '-o smtpd_upstream_proxy_protocol=haproxy'),
  };
}

/** tor's line is `PROXY TCP6 fc00:…`: Postfix refuses an address of a family that it does not speak, and all onion mail dies. */
function findMissingIpv6(audited: AuditedPort): Complaint | undefined {
  const { listener } = audited;
  const protocols = splitPostfixWords(listener.parameter('inet_protocols') ?? 'all', 'blanks and commas');
  const speaksIpv6 = protocols.some((protocol) => ['all', 'ipv6'].includes(protocol.toLowerCase()));
  if (!listener.expectsProxyLine || speaksIpv6) return undefined;
  return {
    severity: 'broken',
    what: `the PROXY line of tor has an IPv6 address, and inet_protocols (${protocols.join(', ')}) has no ipv6 at ${listener.name}: no onion mail arrives`,
    setting: formatSetting(listener, 'inet_protocols'),
    fix: fixListener(audited, '-o inet_protocols=all'),
  };
}

function findRefusals(audited: AuditedPort): readonly Complaint[] {
  // Who writes its own PROXY line is no honest client.
  if (audited.client.kind === 'forger') return [];
  return restrictionLists.flatMap((list) => {
    const judgement = judgeList(audited.listener, list, { client: audited.client, recipient: 'own' });
    return judgement.verdict === 'refuses' && refusesAll(audited, list, judgement)
      ? [describeRefusal(audited, list, judgement.by ?? '')]
      : [];
  });
}

/** A last `reject` behind tables or logins is meant so: for a closed group, or for submission. */
function refusesAll({ listener }: AuditedPort, list: string, { by, doubts }: Judgement): boolean {
  if (by !== 'reject' && by !== 'defer') return true;
  const asksForLogin =
    listener.parameter('smtpd_sasl_auth_enable')?.toLowerCase() === 'yes' &&
    parseRestrictions(listener.parameter(list) ?? '').some(
      ({ word }) => word === 'permit_sasl_authenticated',
    );
  return doubts.length === 0 && !asksForLogin;
}

function describeRefusal(audited: AuditedPort, list: string, by: string): Complaint {
  const isRelayList = list === 'smtpd_relay_restrictions';
  return {
    severity: 'broken',
    what: `${by} in ${list} ${reasonOf(by)}`,
    setting: formatSetting(audited.listener, list),
    fix: fixListener(audited, `-o ${list}=${isRelayList ? 'reject_unauth_destination' : ''}`),
  };
}

function reasonOf(by: string): string {
  if (by === 'reject_unknown_helo_hostname' || by === 'reject_unknown_hostname')
    return 'refuses all onion mail: no DNS knows the .onion name that the client says, and each one is asked of the resolver';
  if (by.startsWith('reject_unknown'))
    return 'refuses all onion mail: the address of a circuit has no name in DNS';
  return 'refuses all mail';
}
