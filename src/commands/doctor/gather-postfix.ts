/** What doctor wants to know of Postfix: its services, and what its transport tables answer. Asks its own programs. */
import type { Config } from '../../config/schema.ts';
import { isChrooted, type ServiceFacts } from '../../doctor/judge-services.ts';
import type { EarlierTable, TransportFacts } from '../../doctor/judge-transport.ts';
import { readTransportTables } from '../../doctor/transport-tables.ts';
import { askPostconf } from '../../mail-host/ask-postconf.ts';
import { askTable } from '../../mail-host/ask-table.ts';
import { parseMasterServices } from '../../mail-host/master-services.ts';
import { findOwnDomains, type OwnDomains } from '../../mail-host/own-domains.ts';
import { parsePostfixListeners } from '../../mail-host/postfix-listeners.ts';
import { parsePostfixParameters } from '../../mail-host/postfix-parameters.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { readOwnDomain } from '../own-domain.ts';

export interface PostfixFacts {
  readonly version: string;
  /** The user that its daemons run as. */
  readonly mailOwner: string;
  /** Domains that it takes mail for, those of `domains.own` first. */
  readonly domains: readonly DomainName[];
  /** What it calls this host. */
  readonly hostname: string | undefined;
  readonly transport: TransportFacts;
  readonly services: ServiceFacts;
  readonly ask: AskTable;
}

/** As `postmap -q` does: undefined when the table has no answer. Rejects when it cannot be asked. */
export type AskTable = (table: string, key: string) => Promise<string | undefined>;

/** What Postfix's own programs print. */
interface PostfixTexts {
  /** `postconf -x` */
  readonly main: string;
  /** `postconf -Mx` */
  readonly master: string;
  readonly ownDomains: OwnDomains;
}

const stranger = 'onionmx-check@onionmx-check.invalid';
/** Each costs a process. */
const mostAsked = 200;

/** folder: undefined for Postfix's own default. Throws `postfix-unreadable`. */
export async function gatherPostfix(config: Config, folder: string | undefined): Promise<PostfixFacts> {
  const [main, master] = [await askPostconf(folder, '-x'), await askPostconf(folder, '-Mx')];
  const postmapArgs = folder === undefined ? [] : ['-c', folder];
  const ownDomains = await findOwnDomains(parsePostfixParameters(main), postmapArgs);
  const ask: AskTable = (table, key) => askTable(table, key, postmapArgs);
  return describePostfix(config, { main, master, ownDomains }, ask);
}

export async function describePostfix(
  config: Config,
  { main, master, ownDomains }: PostfixTexts,
  ask: AskTable,
): Promise<PostfixFacts> {
  const parameters = parsePostfixParameters(main);
  const domains = joinDomains(config, ownDomains);
  const services = readServices(config, parameters, master, main);
  return {
    version: parameters.get('mail_version') ?? 'unknown',
    mailOwner: parameters.get('mail_owner') ?? 'postfix',
    domains,
    hostname: parameters.get('myhostname'),
    transport: {
      ...(await gatherTransport(services, domains, ask)),
      socketmap: firstSocketmap(config),
      unlisted: ownDomains.unlisted,
    },
    services,
    ask,
  };
}

function readServices(
  config: Config,
  parameters: ReadonlyMap<string, string>,
  masterText: string,
  mainText: string,
): ServiceFacts {
  return {
    services: parseMasterServices(masterText),
    listeners: parsePostfixListeners(masterText, mainText),
    parameters,
    queueFolder: parameters.get('queue_directory') ?? '/var/spool/postfix',
    transport: config.lookup.transport,
    nexthopPrefix: config.delivery.nexthopPrefix,
    endpointFolder: config.delivery.endpointFolder,
    addresses: [...config.lookup.socketmap, ...config.lookup.tcpTable],
  };
}

/** For advice. */
function firstSocketmap({ lookup, delivery }: Config): string {
  const [path] = lookup.socketmap.flatMap((address) => (address.kind === 'unix' ? [address.path] : []));
  return path ?? `${delivery.endpointFolder}/map.sock`;
}

async function gatherTransport(
  { services, parameters, queueFolder, addresses }: ServiceFacts,
  domains: readonly DomainName[],
  ask: AskTable,
): Promise<Omit<TransportFacts, 'socketmap' | 'unlisted'>> {
  const tables = readTransportTables(parameters.get('transport_maps') ?? '', queueFolder, addresses);
  const rewrite = services.find(({ name, type }) => name === 'rewrite' && type === 'unix');
  const earlier = tables.ours === undefined ? [] : tables.before;
  const relayhost = parameters.get('relayhost') ?? '';
  const ownDomains = domains.slice(0, mostAsked);
  return {
    tables,
    queueFolder,
    isRewriteChrooted: rewrite !== undefined && isChrooted(rewrite, parameters),
    earlier: await Promise.all(earlier.map((table) => askEarlierTable(table, ownDomains, ask))),
    ownDomains,
    untried: domains.length - ownDomains.length,
    otherwise: relayhost === '' ? 'DNS' : `the relayhost ${relayhost}`,
  };
}

async function askEarlierTable(
  table: string,
  ownDomains: readonly DomainName[],
  ask: AskTable,
): Promise<EarlierTable> {
  try {
    const forStrangers = await ask(table, stranger);
    const settles: string[] = [];
    for (const domain of ownDomains)
      if ((await ask(table, `postmaster@${domain}`)) !== undefined) settles.push(domain);
    return { table, isAsked: true, forStrangers, settles };
  } catch {
    return { table, isAsked: false, forStrangers: undefined, settles: [] };
  }
}

function joinDomains(config: Config, { exact, withSubdomains }: OwnDomains): readonly DomainName[] {
  return [...new Set([...config.domains.own, ...[...exact, ...withSubdomains].flatMap(readOwnDomain)])];
}
