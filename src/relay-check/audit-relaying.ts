/** Who can relay through the listener: onion clients, and those who can make themselves others. */
import { type AuditedPort, type Complaint, fixListener, formatSetting } from './finding.ts';
import { effectiveMynetworks } from './judge-restrictions.ts';
import {
  findPermitting,
  findRefusing,
  judgeStranger,
  type ListJudgement,
  relayLists,
} from './judge-stranger.ts';
import { circuitPrefix, matchClient, type OnionClient } from './onion-client.ts';

const forger: OnionClient = { kind: 'forger' };
const guard = '-o mynetworks= -o smtpd_relay_restrictions=reject_unauth_destination';

export function auditRelaying(audited: AuditedPort): readonly Complaint[] {
  const open = findOpenRelay(audited);
  if (open !== undefined) return [open];
  return [findForgedProxyLine(audited), findXclient(audited)].filter((found) => found !== undefined);
}

/** The settings that keep strangers out, for the good news. */
export function formatRelayGuard({ listener }: AuditedPort): string {
  const list = relayLists.find((name) => (listener.parameter(name) ?? '') !== '') ?? relayLists[0];
  return formatSetting(listener, list);
}

/** Postfix asks every list, and one that refuses is enough. */
function findOpenRelay(audited: AuditedPort): Complaint | undefined {
  const judgements = judgeStranger(audited.listener, audited.client);
  const refusing = findRefusing(audited.listener, judgements);
  if (refusing.some(({ doubts }) => doubts.length === 0)) return undefined;
  const doubtful = refusing[0];
  if (doubtful !== undefined) return doubtfulRelay(audited, doubtful);
  const permitting = findPermitting(judgements);
  return permitting === undefined ? unguardedRelay(audited) : permittedRelay(audited, permitting);
}

/** A table or policy service that answers OK ends the list before its refusal, and nobody can tell from here what it answers. */
function doubtfulRelay(audited: AuditedPort, { list, by, doubts }: ListJudgement): Complaint {
  return {
    severity: 'warning',
    what: `whether strangers can relay cannot be told: ${doubts.join(', ')} comes before ${by} in ${list} and is not read here`,
    setting: formatSetting(audited.listener, list),
    fix: fixListener(audited, guard),
  };
}

/** Postfix 3.7 ends such an smtpd at its first client: "specify at least one working instance of reject_unauth_destination …". */
function unguardedRelay(audited: AuditedPort): Complaint {
  return {
    severity: 'broken',
    what:
      'neither smtpd_relay_restrictions nor smtpd_recipient_restrictions refuses mail for strangers ' +
      '(Postfix ends such an smtpd with a fatal error, so that no mail arrives)',
    setting: formatRelayGuard(audited),
    fix: fixListener(audited, guard),
  };
}

function permittedRelay(audited: AuditedPort, { list, by, entry }: ListJudgement): Complaint {
  const { listener, client } = audited;
  const isByNetwork = by === 'permit_mynetworks';
  const reason = isByNetwork
    ? `mynetworks has them in ${entry}, and permit_mynetworks comes before anything in ${list} that refuses strangers`
    : `${by} comes before anything in ${list} that refuses strangers`;
  return {
    severity: 'open',
    what: `${describeClient(client)}; ${reason}: everybody on Tor can relay`,
    setting: isByNetwork ? `mynetworks = ${effectiveMynetworks(listener)}` : formatSetting(listener, list),
    fix: fixListener(audited, guard),
  };
}

export function describeClient(client: OnionClient): string {
  if (client.kind === 'circuit') return `onion clients appear as ${circuitPrefix}/64 by the PROXY line`;
  if (client.kind === 'tor') return `onion clients appear as ${client.address}, as tor itself`;
  return 'tor writes no PROXY line, so that onion clients can write one with any address';
}

/** The PROXY line is believed whoever writes it: it must not matter which address it tells. */
function findForgedProxyLine(audited: AuditedPort): Complaint | undefined {
  const { listener, client } = audited;
  if (client.kind !== 'circuit' || !relaysFor(audited, forger)) return undefined;
  const permitting = findPermitting(judgeStranger(audited.listener, forger));
  const isByNetwork = permitting?.by === 'permit_mynetworks';
  const reason = isByNetwork ? 'mynetworks is not empty' : `${permitting?.list} has ${permitting?.by}`;
  return {
    severity: 'warning',
    what: `${reason}: a local process that writes "PROXY TCP4 127.0.0.1 …" to ${listener.name}, or another address that is let in, can relay`,
    setting: isByNetwork ? `mynetworks = ${effectiveMynetworks(listener)}` : formatRelayGuard(audited),
    fix: fixListener(audited, isByNetwork ? '-o mynetworks=' : guard),
  };
}

/** Who may say XCLIENT says that it is another address. */
function findXclient(audited: AuditedPort): Complaint | undefined {
  const { listener, client } = audited;
  const hosts = listener.parameter('smtpd_authorized_xclient_hosts') ?? '';
  if (hosts === '') return undefined;
  const isOpen = matchClient(hosts, client).kind === 'in' && relaysFor(audited, forger);
  return {
    severity: isOpen ? 'open' : 'warning',
    what: isOpen
      ? `${describeClient(client)}; smtpd_authorized_xclient_hosts has them, so that they can take an address of mynetworks by XCLIENT and relay`
      : `smtpd_authorized_xclient_hosts is not empty (${hosts}): these clients can take any address by XCLIENT`,
    setting: `smtpd_authorized_xclient_hosts = ${hosts}`,
    fix: fixListener(audited, '-o smtpd_authorized_xclient_hosts='),
  };
}

function relaysFor(audited: AuditedPort, client: OnionClient): boolean {
  return findRefusing(audited.listener, judgeStranger(audited.listener, client)).length === 0;
}
