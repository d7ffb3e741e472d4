/** The route of a domain that neither the configuration nor the map settles: DNS and the memory, and then whether that is enough. */
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { askDnsAndMemory, type DnsSources } from './ask-dns-and-memory.ts';
import { askTrust, type TrustSources } from './trust/ask-trust.ts';
import type { Decision } from './route.ts';

export type OrdinarySources = DnsSources & TrustSources;

/** The function never throws. */
export function decideOrdinaryDomain(sources: OrdinarySources): (domain: DomainName) => Promise<Decision> {
  const ask = askDnsAndMemory(sources);
  const judge = askTrust(sources);
  return async (domain) => {
    try {
      return await judge(domain, await ask(domain));
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      sources.log.error({ domain, ...errorFields(error) }, 'the memory cannot be read: mail waits');
      return waitForMemory(error);
    }
  };
}

/** What is remembered may be an onion: to go by DNS alone would be a way round the memory for who can break its files. */
function waitForMemory({ status, message }: OnionmxError): Decision {
  return {
    route: { kind: 'defer', status, reason: message },
    steps: [{ asked: 'memory', answer: `cannot be read: ${message}` }],
  };
}
