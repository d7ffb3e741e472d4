/** Wires the router from the configuration: the same for `serve`, which answers Postfix, and for the commands that explain. */
import type { Config } from '../config/schema.ts';
import { createLog, type Log } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { MapEntry } from '../routing/map/domain-map.ts';
import { createDomainPolicy } from '../routing/domain-policy.ts';
import type { Evidence } from '../routing/evidence.ts';
import { loadDomainMap } from '../routing/map/load-domain-map.ts';
import type { LookForEvidence } from '../routing/trust/look-for-evidence.ts';
import { type ApplyOutage, describeOutageSetting } from '../routing/outage/outage-step.ts';
import type { Resolver } from '../routing/dns/resolver.ts';
import type { Decision } from '../routing/route.ts';
import { readRouteMemory, type RouteMemory } from '../routing/memory/route-memory.ts';
import { createRouter, type Router } from '../routing/router.ts';
import { createSrvDiscovery, type SrvAnswer } from '../routing/dns/srv-discovery.ts';
import type { AskTlsPolicy } from '../routing/tls-policy/tls-policy.ts';
import { clearNetAfterOf } from './open-outage.ts';
import { openResolver } from './open-resolver.ts';
import { openTlsPolicy } from './open-tls-policy.ts';
import { openOwnOnions } from './own-onions.ts';
import { memoryFolderOf } from './state-paths.ts';

export interface RouterParts {
  readonly config: Config;
  readonly map: { find(domain: DomainName): MapEntry | undefined };
  readonly memory: RouteMemory;
  readonly resolver: Resolver;
  readonly askPolicy: AskTlsPolicy;
  readonly lookForEvidence: LookForEvidence;
  readonly applyOutage?: ApplyOutage | undefined;
  readonly log: Log;
}

export function openRouter({ config, resolver, ...parts }: RouterParts): Router {
  const { enough, enoughFor } = config.trust;
  return createRouter({
    ...parts,
    ownDomains: config.domains.own,
    ownOnions: openOwnOnions(config),
    ignoredDomains: config.domains.ignored,
    discover: openDiscovery(config, resolver),
    keepMs: keepMsOf(config),
    onFailure: createDomainPolicy(
      config.dns.onFailure,
      config.dns.onFailureFor,
      (exception) => exception.onFailure,
    ),
    deferMs: config.dns.deferMs,
    enough: createDomainPolicy<Evidence, (typeof enoughFor)[number]>(
      enough,
      enoughFor,
      (exception) => exception.enough,
    ),
    now,
    clock: Date.now,
  });
}

/** What the resolvers of the configuration say of a domain's SRV records. The function never throws. */
export function openDiscovery(
  config: Config,
  resolver: Resolver,
): (domain: DomainName) => Promise<SrvAnswer> {
  return createSrvDiscovery({ resolver, cacheEntries: config.dns.cacheEntries, now });
}

/** Decides one route as the service would, and leaves its memory as it is: asking what would happen must not change it. */
export async function routeOnce(domain: DomainName, config: Config, log: Log): Promise<Decision> {
  const { map } = await loadDomainMap(config.map);
  const memory = readRouteMemory(memoryFolderOf(config), log);
  // the steps say what the service would log
  const applyOutage = describeOutageSetting(clearNetAfterOf(config));
  const resolver = await openResolver(config);
  const askPolicy = openTlsPolicy(config, { resolver, log }, { mode: 'look' });
  const router = openRouter({
    config,
    resolver,
    map,
    memory,
    askPolicy,
    lookForEvidence: () => {}, // the service does it
    applyOutage,
    log: createLog('silent'),
  });
  return router.route(domain);
}

/** For how long a domain is remembered after it was last seen. */
export function keepMsOf({ memory }: Config): number {
  return memory.keepDays * 86_400_000;
}

function now(): number {
  return performance.now();
}
