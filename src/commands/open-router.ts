/** Wires the router from the configuration: the same for `serve`, which answers Postfix, and for the commands that explain. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { createLog, type Log } from '../log.ts';
import type { DnsServer } from '../net/dns-exchange.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { MapEntry } from '../routing/domain-map.ts';
import { createFailurePolicy } from '../routing/failure-policy.ts';
import { loadDomainMap } from '../routing/load-domain-map.ts';
import { parseResolvConf } from '../routing/read-resolv-conf.ts';
import type { Decision } from '../routing/route.ts';
import { readRouteMemory, type RouteMemory } from '../routing/route-memory.ts';
import { createResolver } from '../routing/resolver.ts';
import { createRouter, type Router } from '../routing/router.ts';
import { createSrvDiscovery, type SrvAnswer } from '../routing/srv-discovery.ts';
import { openOwnOnions } from './own-onions.ts';
import { memoryFolderOf } from './state-paths.ts';

export interface RouterParts {
  readonly config: Config;
  readonly map: { find(domain: DomainName): MapEntry | undefined };
  readonly memory: RouteMemory;
  readonly log: Log;
}

export async function openRouter({ config, map, memory, log }: RouterParts): Promise<Router> {
  return createRouter({
    ownDomains: config.domains.own,
    ownOnions: openOwnOnions(config),
    ignoredDomains: config.domains.ignored,
    map,
    discover: await openDiscovery(config),
    memory,
    keepMs: keepMsOf(config),
    onFailure: createFailurePolicy(config.dns.onFailure, config.dns.onFailureFor),
    deferMs: config.dns.deferMs,
    now,
    clock: Date.now,
    log,
  });
}

/** What the resolvers of the configuration say of a domain's SRV records. The function never throws. */
export async function openDiscovery(config: Config): Promise<(domain: DomainName) => Promise<SrvAnswer>> {
  const { timeoutMs, tries, trustAd, cacheEntries } = config.dns;
  const servers = await findResolvers(config);
  const resolver = createResolver({ servers, timeoutMs, tries, trustAd, now });
  return createSrvDiscovery({ resolver, cacheEntries, now });
}

/** Decides one route as the service would, and leaves its memory as it is: asking what would happen must not change it. */
export async function routeOnce(domain: DomainName, config: Config, log: Log): Promise<Decision> {
  const { map } = await loadDomainMap(config.map);
  const memory = readRouteMemory(memoryFolderOf(config), log);
  // the steps say what the service would log
  const router = await openRouter({ config, map, memory, log: createLog('silent') });
  return router.route(domain);
}

/** For how long a domain is remembered after it was last seen. */
export function keepMsOf({ memory }: Config): number {
  return memory.keepDays * 86_400_000;
}

function now(): number {
  return performance.now();
}

export async function findResolvers({ dns }: Config): Promise<readonly DnsServer[]> {
  if (dns.resolvers.length > 0) return dns.resolvers;
  return parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}
