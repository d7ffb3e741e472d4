/** What a DNS failure means for a domain of which nothing is remembered. */
import type { DomainName } from '../protocol/domain-name.ts';

/**
 * `bounded` the mail waits for a time, then it takes the clear net; `defer` it waits as long as DNS fails;
 * `clearnet` it takes the clear net at once.
 */
export type OnFailure = 'bounded' | 'defer' | 'clearnet';

export interface FailureException {
  /** A domain name, or `.example.org` for all names below it. */
  readonly domain: string;
  readonly onFailure: OnFailure;
}

/** The most specific of the exceptions wins: the name itself, then the longest ending. */
export function createFailurePolicy(
  usual: OnFailure,
  exceptions: readonly FailureException[],
): (domain: DomainName) => OnFailure {
  const listed = new Map(exceptions.map(({ domain, onFailure }) => [domain, onFailure]));
  return (domain) => {
    const labels = domain.split('.');
    const endings = labels.map((_, index) => `.${labels.slice(index + 1).join('.')}`);
    const found = [domain, ...endings].find((name) => listed.has(name));
    return (found === undefined ? undefined : listed.get(found)) ?? usual;
  };
}
