/** A memory that is a map, for tests. */
import type { DomainName } from '../../../src/protocol/domain-name.ts';
import type { MemoryEntry } from '../../../src/routing/memory/memory-entry.ts';
import type { RouteMemory } from '../../../src/routing/memory/route-memory.ts';

export function createFakeMemory(): RouteMemory & { readonly remembered: Map<DomainName, MemoryEntry> } {
  const remembered = new Map<DomainName, MemoryEntry>();
  return {
    remembered,
    find: async (domain) => remembered.get(domain),
    revise: async (domain, change) => {
      const { entry, result } = change(remembered.get(domain));
      if (entry === undefined) remembered.delete(domain);
      else remembered.set(domain, entry);
      return result;
    },
  };
}
