/** Since when DNS has been failing without a break, for each domain that fails now. */
import type { DomainName } from '../protocol/domain-name.ts';
import { BoundedMap } from './bounded-map.ts';

/** When more domains than this fail at once, DNS as a whole is down and the oldest may be forgotten. */
const maxDomains = 10_000;

/**
 * Nobody knows what DNS would have said while nobody asked. So a failure long after the last one is a first failure again;
 * MTAs try waiting mail again more often than this.
 */
const maxSilenceMs = 43_200_000;

export interface FailureClock {
  /** Notes the outcome of an attempt; returns for how many milliseconds the domain has been failing. */
  note(domain: DomainName, hasFailed: boolean): number;
}

interface Failing {
  readonly firstMs: number;
  readonly lastMs: number;
}

export function createFailureClock(now: () => number): FailureClock {
  const failing = new BoundedMap<DomainName, Failing>(maxDomains);
  return {
    note(domain, hasFailed) {
      if (!hasFailed) {
        failing.delete(domain);
        return 0;
      }
      const [nowMs, before] = [now(), failing.get(domain)];
      const isGoingOn = before !== undefined && nowMs - before.lastMs < maxSilenceMs;
      const firstMs = isGoingOn ? before.firstMs : nowMs;
      failing.set(domain, { firstMs, lastMs: nowMs });
      return nowMs - firstMs;
    },
  };
}
