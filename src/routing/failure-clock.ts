/** Since when DNS has been failing without a break, for each domain that fails now. */
import type { DomainName } from '../protocol/domain-name.ts';
import { BoundedMap } from './bounded-map.ts';

/** When more domains than this fail at once, DNS as a whole is down and the oldest may be forgotten. */
const maxDomains = 10_000;

export interface FailureClock {
  /** Notes the outcome of an attempt; returns for how many milliseconds the domain has been failing. */
  note(domain: DomainName, hasFailed: boolean): number;
}

export function createFailureClock(now: () => number): FailureClock {
  const firstFailureMs = new BoundedMap<DomainName, number>(maxDomains);
  return {
    note(domain, hasFailed) {
      if (!hasFailed) {
        firstFailureMs.delete(domain);
        return 0;
      }
      const since = firstFailureMs.get(domain) ?? now();
      firstFailureMs.set(domain, since);
      return now() - since;
    },
  };
}
