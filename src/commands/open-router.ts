/** Wires the router from the configuration: the same for `serve`, which answers Postfix, and for the commands that explain. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import type { DnsServer } from '../net/dns-exchange.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { MapEntry } from '../routing/domain-map.ts';
import { loadDomainMap } from '../routing/load-domain-map.ts';
import { parseResolvConf } from '../routing/read-resolv-conf.ts';
import type { Decision } from '../routing/route.ts';
import { readRouteMemory } from '../routing/route-memory.ts';
import { createResolver } from '../routing/resolver.ts';
import { createRouter, type RouteMemory, type Router } from '../routing/router.ts';
import { createSrvDiscovery, type SrvAnswer } from '../routing/srv-discovery.ts';
import { openOwnOnions } from './own-onions.ts';
import { memoryFileOf } from './state-paths.ts';

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
    deferMs: config.dns.deferMs,
    now,
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
  const memory = await readRouteMemory(memoryFileOf(config), log);
  const router = await openRouter({ config, map, memory, log });
  return router.route(domain);
}

function now(): number {
  return performance.now();
}

export async function findResolvers({ dns }: Config): Promise<readonly DnsServer[]> {
  if (dns.resolvers.length > 0) return dns.resolvers;
  return parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}
