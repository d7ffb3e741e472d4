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
import { createSrvDiscovery } from '../routing/srv-discovery.ts';
import { memoryFileOf } from './state-paths.ts';

export interface RouterParts {
  readonly config: Config;
  readonly map: { find(domain: DomainName): MapEntry | undefined };
  readonly memory: RouteMemory;
  readonly log: Log;
}

export async function openRouter({ config, map, memory, log }: RouterParts): Promise<Router> {
  const { timeoutMs, tries, trustAd, cacheEntries, deferMs } = config.dns;
  const servers = await findResolvers(config);
  const resolver = createResolver({ servers, timeoutMs, tries, trustAd, now });
  return createRouter({
    ownDomains: config.domains.own,
    ignoredDomains: config.domains.ignored,
    map,
    discover: createSrvDiscovery({ resolver, cacheEntries, now }),
    memory,
    deferMs,
    now,
    log,
  });
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

async function findResolvers(config: Config): Promise<readonly DnsServer[]> {
  if (config.dns.resolvers.length > 0) return config.dns.resolvers;
  return parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}
