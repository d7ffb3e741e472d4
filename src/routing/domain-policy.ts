/** A value for each domain: the usual one, with exceptions for single domains or all names below one. */
import type { DomainName } from '../protocol/domain-name.ts';

export interface DomainException {
  /** A domain name, or `.example.org` for all names below it. */
  readonly domain: string;
}

/** The most specific of the exceptions wins: the name itself, then the longest ending. `valueOf` reads an exception's value. */
export function createDomainPolicy<Value, Exception extends DomainException>(
  usual: Value,
  exceptions: readonly Exception[],
  valueOf: (exception: Exception) => Value,
): (domain: DomainName) => Value {
  const listed = new Map(exceptions.map((exception) => [exception.domain, exception]));
  return (domain) => {
    const labels = domain.split('.');
    const endings = labels.map((_, index) => `.${labels.slice(index + 1).join('.')}`);
    const [found] = [domain, ...endings].flatMap((name) => listed.get(name) ?? []);
    return found === undefined ? usual : valueOf(found);
  };
}
