/**
 * Remembers the exchangers that each domain was last seen to have, over restarts, for the time when DNS fails:
 * an attacker who blocks DNS must not push mail to the clear net.
 */
import { z } from 'zod';
import { toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { type ExchangerSet, isSameSet } from '../protocol/exchanger.ts';
import { exchangerSetSchema } from '../protocol/exchanger-schema.ts';
import { readStateFile, writeStateFile } from '../state-file.ts';
import { BoundedMap } from './bounded-map.ts';
import type { RouteMemory } from './router.ts';

const maxDomains = 10_000;
const fileSchema = z.record(z.string(), exchangerSetSchema);

export interface StoredRouteMemory extends RouteMemory {
  /** Waits until everything remembered so far is on disk, or the log says why not. */
  flush(): Promise<void>;
}

/** The memory as it is on disk, for those who may not change it. Throws `state-folder`. */
export async function readRouteMemory(file: string, log: Log): Promise<RouteMemory> {
  const routes = await readStateFile(file, parseRoutes, log, 'leave');
  return { find: (domain) => routes?.get(domain), remember: () => {}, forget: () => {} };
}

/** Throws `state-folder`. */
export async function openRouteMemory(file: string, log: Log): Promise<StoredRouteMemory> {
  const routes = (await readStateFile(file, parseRoutes, log)) ?? emptyRoutes();
  let writing = Promise.resolve();
  let isWritePlanned = false;

  /** Changes that come while a write is under way share the next one. */
  function planWrite(): void {
    if (isWritePlanned) return;
    isWritePlanned = true;
    writing = writing.then(writeNow);
  }

  async function writeNow(): Promise<void> {
    isWritePlanned = false;
    try {
      await writeStateFile(file, Object.fromEntries(routes.entries()));
    } catch (error) {
      log.error({ ...errorFields(toOnionmxError(error)), file }, 'cannot write the route memory');
    }
  }

  return {
    find: (domain) => routes.get(domain),
    remember(domain, exchangers) {
      const known = routes.get(domain);
      if (known !== undefined && isSameSet(known, exchangers)) return;
      routes.set(domain, exchangers);
      planWrite();
    },
    forget(domain) {
      if (routes.delete(domain)) planWrite();
    },
    flush: () => writing,
  };
}

function emptyRoutes(): BoundedMap<DomainName, ExchangerSet> {
  return new BoundedMap(maxDomains);
}

function parseRoutes(json: unknown): BoundedMap<DomainName, ExchangerSet> {
  const routes = emptyRoutes();
  for (const [domain, exchangers] of Object.entries(fileSchema.parse(json))) {
    routes.set(parseDomainName(domain), exchangers);
  }
  return routes;
}
