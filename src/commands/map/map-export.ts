/**
 * `onionmx map export`: the map as a table for an MTA that reads files and cannot ask: transport(5) of Postfix, lsearch of
 * Exim, or JSON. It says what the lookup server would say now; own and ignored domains are left out.
 */
import type { Config } from '../../config/schema.ts';
import { createLog } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, endpointNameOf } from '../../protocol/exchanger.ts';
import { formatSocketAddress } from '../../protocol/socket-address.ts';
import { joinMaps, invalidMap } from '../../routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../routing/map/domain-map-file.ts';
import { readMapTexts } from '../../routing/map/load-domain-map.ts';
import { readRouteMemory } from '../../routing/memory/route-memory.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { nexthopOf } from '../nexthop.ts';
import { openResolver } from '../open-resolver.ts';
import { openRouter } from '../open-router.ts';
import { memoryFolderOf } from '../state-paths.ts';

export type ExportFormat = 'postfix' | 'exim' | 'json';

interface Row {
  readonly domain: DomainName;
  readonly exchangers: ExchangerSet;
}

/** Throws `map-unreadable` and `map-invalid`. */
export async function runMapExportCommand(
  format: ExportFormat,
  config: Config,
  out: (text: string) => void,
): Promise<number> {
  const rows = await findRows(config);
  out(format === 'json' ? toJson(rows, config) : toTable(rows, config, format));
  return exitCode.ok;
}

/** Sorted by domain. The map settles each: nobody is asked. */
async function findRows(config: Config): Promise<readonly Row[]> {
  const texts = await readMapTexts(config.map);
  const { entries, complaints } = joinMaps(texts.map(({ file, text }) => parseDomainMapFile(text, file)));
  if (complaints.length > 0) throw invalidMap(complaints);
  const log = createLog('silent');
  const memory = readRouteMemory(memoryFolderOf(config), log);
  const router = openRouter({
    config,
    resolver: await openResolver(config),
    map: { find: (domain) => entries.get(domain) },
    memory,
    askPolicy: () => Promise.resolve({ kind: 'none' }),
    lookForEvidence: () => {},
    log,
  });
  const rows: Row[] = [];
  for (const domain of [...entries.keys()].sort()) {
    const { route } = await router.route(domain);
    if (route.kind === 'onion') rows.push({ domain, exchangers: route.exchangers });
  }
  return rows;
}

function toJson(rows: readonly Row[], config: Config): string {
  return formatJson(
    rows.map(({ domain, exchangers }) => ({
      domain,
      nexthop: postfixNexthop(exchangers, config),
      exchangers,
    })),
  );
}

function toTable(rows: readonly Row[], config: Config, format: 'postfix' | 'exim'): string {
  const lines = rows.map(({ domain, exchangers }) =>
    format === 'postfix'
      ? `${domain} ${postfixNexthop(exchangers, config)}\n`
      : `${domain}: ${eximTarget(exchangers, config)}\n`,
  );
  return [head(config), ...lines].join('');
}

function head({ delivery }: Config): string {
  if (delivery.routingEndpoint !== null) return '# Made by: onionmx map export\n';
  return `# Made by: onionmx map export. A socket is there only once onionmx serve was asked where its domain goes,
# and has another name when the exchangers change. With delivery.routingEndpoint there is one for all.
`;
}

/** The routing endpoint is there whatever the map says later; without it, the endpoint that the lookup would name. */
function postfixNexthop(exchangers: ExchangerSet, config: Config): string {
  const { routingEndpoint } = config.delivery;
  if (routingEndpoint === null) return nexthopOf(config, endpointNameOf(exchangers));
  const address = formatSocketAddress(routingEndpoint);
  return `${config.lookup.transport}:${routingEndpoint.kind === 'unix' ? address : `inet:${address}`}`;
}

/** The path of a socket; of a TCP port, host and port as a host list of Exim has them, each colon twice. */
function eximTarget(exchangers: ExchangerSet, { delivery }: Config): string {
  const { routingEndpoint, endpointFolder } = delivery;
  if (routingEndpoint === null) return `${endpointFolder}/${endpointNameOf(exchangers)}`;
  if (routingEndpoint.kind === 'unix') return routingEndpoint.path;
  return formatSocketAddress(routingEndpoint).replaceAll(':', '::');
}
