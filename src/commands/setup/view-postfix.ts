/** Postfix as setup sees it: asks it what the plan has to know. */
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { parseMasterServices } from '../../mail-host/master-services.ts';
import { findOwnDomains, type OwnDomains } from '../../mail-host/own-domains.ts';
import { listKeys } from '../../mail-host/list-keys.ts';
import { findCatchAll, isPostfixRunning } from '../../mail-host/query-tables.ts';
import { type PostfixHost, readPostfix } from '../../mail-host/read-postfix.ts';
import { planPostfix, tablePaths } from '../../setup/plan-postfix.ts';
import { isDomainKey } from '../../setup/domain-name-table.ts';
import { tablesBefore } from '../../setup/plan-postfix-sending.ts';
import { knowsDomains } from '../../setup/transport-tables.ts';
import { readOwnDomain } from '../own-domain.ts';
import type { ServerView } from './server-view.ts';
import { readFiles } from './read-files.ts';
import type { SetupCommandOptions } from './setup-options.ts';

/** Throws `postfix-unreadable`. */
export async function viewPostfix({ postfix }: SetupCommandOptions): Promise<ServerView> {
  const host = await readPostfix(postfix);
  const folderArgs = host.isDefaultFolder ? [] : ['-c', host.folder];
  const ownDomains = await findOwnDomains(host.parameters, folderArgs);
  const isRunning = await isPostfixRunning(folderArgs);
  return {
    summary: describePostfix(host, ownDomains),
    ownDomains: [...ownDomains.exact, ...ownDomains.withSubdomains].flatMap(readOwnDomain),
    isRunning,
    settings: [], // the defaults are Postfix's
    plan: async (wishes, config) => {
      const { header, testAddress } = config.receiving;
      const allOwn = addOwn(ownDomains, config.domains.own);
      const routedNames = await findRoutedNames(tablesBefore(host), allOwn, folderArgs);
      const sending = wishes.sending ? { ...sendingSettings(config), routedNames } : undefined;
      if (wishes.sending) await refuseCatchAll(tablesBefore(host), folderArgs);
      const contents = await readFiles(tablePaths(host));
      return planPostfix(host, {
        sending,
        receiving: wishes.receiving ? { header, testAddress: testAddress ?? undefined } : undefined,
        ownDomains: allOwn,
        contentOf: (path) => contents.get(path),
        isRunning,
      });
    },
  };
}

/** Own domains, and what tables of the operator can be seen to know. Tables in databases are asked for own domains alone. */
async function findRoutedNames(
  tables: readonly string[],
  { exact, withSubdomains }: OwnDomains,
  folderArgs: readonly string[],
): Promise<readonly string[]> {
  const indexed = tables.filter(knowsDomains);
  if (indexed.length === 0) return [];
  const keys = await Promise.all(indexed.map((table) => listKeys(table, folderArgs)));
  const known = keys.flatMap((found) => found ?? []).filter(isDomainKey);
  return [...new Set([...exact, ...withSubdomains, ...known])];
}

/** What the operator named in `domains.own` is settled too, such as domains in a database. */
function addOwn(found: OwnDomains, named: readonly string[]): OwnDomains {
  return { ...found, exact: [...new Set([...found.exact, ...named])] };
}

function sendingSettings({ lookup }: Config) {
  const { socketmap, transport } = lookup;
  const address = socketmap.find(({ kind }) => kind === 'unix');
  if (address?.kind === 'unix') return { socketmap: address.path, transport };
  throw new OnionmxError(
    'setup-impossible',
    'the lookup has no Unix-domain socket, so any local process could answer Postfix in its place',
    { hint: 'leave `lookup.socketmap` out of the configuration, or give it a unix:/path' },
  );
}

/** Behind a table that answers for everybody onionmx would never be asked; before it, its answers would be lost. */
async function refuseCatchAll(tables: readonly string[], folderArgs: readonly string[]): Promise<void> {
  const table = await findCatchAll(tables, folderArgs);
  if (table === undefined) return;
  throw new OnionmxError(
    'setup-impossible',
    `${table} in transport_maps has an answer for every address, so onionmx would never be asked`,
    { hint: 'send the rest of your mail by `relayhost` instead, and run this again' },
  );
}

function describePostfix(host: PostfixHost, { exact, withSubdomains }: OwnDomains): readonly string[] {
  const domains = [...exact, ...withSubdomains.map((domain) => `${domain} with subdomains`)];
  const isChrooted = parseMasterServices(host.masterCf).some(({ chroot }) => chroot === 'y');
  const protocols = host.parameters.get('inet_protocols') ?? 'all';
  return [
    `Postfix ${host.version}, configured in ${host.folder}, its queue in ${host.queueFolder}${isChrooted ? ', in a chroot there' : ''}, inet_protocols ${protocols}`,
    `Own domains: ${domains.length === 0 ? 'none' : domains.join(', ')}`,
  ];
}
