/** What Postfix needs to send over onions: docs/postfix.md has the same by hand. */
import { join } from 'node:path';
import { OnionmxError } from '../errors.ts';
import type { OwnDomains } from '../mail-host/own-domains.ts';
import { type MasterService, parseMasterServices } from '../mail-host/master-services.ts';
import type { PostfixHost } from '../mail-host/read-postfix.ts';
import { readParameter, setParameters } from './edit-main-cf.ts';
import { addOption, setService } from './edit-master-cf.ts';
import { formatOwnDomainTable } from './own-domain-table.ts';
import type { FileChange } from './plan.ts';
import { formatDomainNameTable } from './domain-name-table.ts';
import { addTables, otherTables, type OurTables } from './transport-tables.ts';

export interface PostfixSending {
  /** Absolute path of our socketmap. */
  readonly socketmap: string;
  /** The master.cf service that our answers name. */
  readonly transport: string;
  /** Domains that tables of the operator may know, as these name them; empty: there are no such tables. */
  readonly routedNames: readonly string[];
}

export function ownTablePath({ folder }: PostfixHost): string {
  return join(folder, 'onionmx-own.regexp');
}

export function namesTablePath({ folder }: PostfixHost): string {
  return join(folder, 'onionmx-names.regexp');
}

/** Tables of transport_maps that are not ours, with their references resolved: they must have no answer for everybody. */
export function tablesBefore(host: PostfixHost): readonly string[] {
  return otherTables(host.parameters.get('transport_maps') ?? '');
}

export function editSendingMainCf(text: string, host: PostfixHost, sending: PostfixSending): string {
  const before = readParameter(text, 'transport_maps') ?? '';
  return setParameters(
    text,
    [
      ['transport_maps', addTables(before, ourTables(host, sending))],
      [`${sending.transport}_initial_destination_concurrency`, '1'],
    ],
    'onionmx: which mail goes over an onion',
  );
}

export const sendingMainCfReasons = [
  'transport_maps: your own domains are settled first, without asking anybody; for all others Postfix asks onionmx. Tables that you have stay in front.',
  'initial_destination_concurrency = 1: with the default of 5, single failures never make Postfix pause an onion that is down.',
];

export function editSendingMasterCf(text: string, { transport }: Pick<PostfixSending, 'transport'>): string {
  const entries = parseMasterServices(text);
  const chrootOf = (command: string) => entries.find((entry) => entry.command === command)?.chroot ?? '-';
  const onion = setService(
    text,
    `${transport.padEnd(9)} unix  -       -       ${chrootOf('lmtp')}       -       -       lmtp`,
    [`syslog_name=postfix/${transport}`, 'lmtp_tls_security_level=none', 'lmtp_tls_policy_maps='],
    'onionmx: hands mail to the endpoints',
  );
  const rewrite = setService(
    onion,
    `rewrite2  unix  -       -       ${chrootOf('trivial-rewrite')}       -       -       trivial-rewrite`,
    ['transport_maps='],
    'onionmx: smtpd asks this one, and so accepts mail while onionmx does not run',
  );
  return parseMasterServices(rewrite).filter(asksForTransports).reduce(addRewriteService, rewrite);
}

export const sendingMasterCfReasons = (transport: string) => [
  `${transport}: the service that onionmx’s answers name; it hands mail over by LMTP, on this host and so without TLS.`,
  'rewrite2, on each smtpd: while a transport table does not answer, smtpd refuses every recipient, local ones too. With it, mail is accepted and only its delivery waits.',
];

/** Nothing where no table of the operator needs it. */
export function planNamesTable(
  host: PostfixHost,
  { routedNames }: PostfixSending,
  contentOf: (path: string) => string | undefined,
): readonly FileChange[] {
  if (routedNames.length === 0) return [];
  const path = namesTablePath(host);
  const reasons = ['What your other tables say of these domains holds, with an onion or without.'];
  return [{ path, before: contentOf(path), after: formatDomainNameTable(routedNames), reasons }];
}

/** firstLines: for single addresses of these domains. */
export function planOwnTable(
  host: PostfixHost,
  ownDomains: OwnDomains,
  firstLines: readonly string[],
  contentOf: (path: string) => string | undefined,
): FileChange {
  const path = ownTablePath(host);
  return {
    path,
    before: contentOf(path),
    after: formatOwnDomainTable(ownDomains, firstLines),
    reasons: ['Your own domains: local mail never waits for onionmx, and never leaves through Tor.'],
  };
}

/** Throws `setup-impossible` when smtpd and qmgr could not reach the socket from their chroot. */
function ourTables(host: PostfixHost, { socketmap }: Pick<PostfixSending, 'socketmap'>): OurTables {
  return {
    names: `regexp:${namesTablePath(host)}`,
    own: `regexp:${ownTablePath(host)}`,
    socketmap: `socketmap:unix:${pathForPostfix(host, socketmap)}:onionmx`,
  };
}

/** Relative to the queue directory, which is where Postfix's processes are, chrooted or not. */
function pathForPostfix({ queueFolder, masterCf }: PostfixHost, socketmap: string): string {
  if (socketmap.startsWith(`${queueFolder}/`)) return socketmap.slice(queueFolder.length + 1);
  const isChrooted = parseMasterServices(masterCf).some(
    ({ command, chroot }) => command === 'trivial-rewrite' && chroot === 'y',
  );
  if (!isChrooted) return socketmap;
  throw new OnionmxError(
    'setup-impossible',
    `Postfix runs in a chroot in ${queueFolder} and cannot reach ${socketmap}`,
    {
      hint: `set \`lookup.socketmap: [unix:${queueFolder}/onionmx/map.sock]\` and \`delivery.endpointFolder: ${queueFolder}/onionmx\``,
    },
  );
}

function asksForTransports({ command, overrides }: MasterService): boolean {
  return command === 'smtpd' && !overrides.has('rewrite_service_name');
}

function addRewriteService(text: string, service: MasterService): string {
  return addOption(text, service, 'rewrite_service_name=rewrite2');
}
