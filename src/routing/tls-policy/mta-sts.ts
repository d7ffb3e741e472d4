/** The MTA-STS policy of a domain, by our own resolver, what was fetched before, and what is to be fetched (RFC 8461). */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { toDnsName } from '../../protocol/dns-name.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { readMtaStsRecords } from '../../protocol/mta-sts-record.ts';
import { createDnsCache } from '../dns/dns-cache.ts';
import type { PolicyReader } from './mta-sts-files.ts';
import type { WantPolicy } from './mta-sts-fetcher.ts';
import { type RecordAnswer, weighPolicy } from './mta-sts-rule.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { AskTlsPolicy } from './tls-policy.ts';

interface MtaStsOptions {
  readonly resolver: Resolver;
  readonly files: PolicyReader;
  /** undefined: nothing is fetched. */
  readonly want: WantPolicy | undefined;
  readonly cacheEntries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

export function createMtaSts(options: MtaStsOptions): AskTlsPolicy {
  const { resolver, files, want, cacheEntries, now, clock, log } = options;
  const askRecord = createDnsCache({
    maxEntries: cacheEntries,
    now,
    ask: (domain: DomainName) => lookUpRecord(domain, resolver),
  });

  return async (domain) => {
    const [record, kept] = await Promise.all([askRecord(domain), findKept(domain)]);
    const { policy, wantedId } = weighPolicy(record, kept === 'unreadable' ? undefined : kept, clock());
    if (wantedId !== undefined) void want?.(domain, wantedId);
    // it may say "enforce"
    if (kept === 'unreadable' && policy.kind === 'none')
      return { kind: 'unknown', why: 'its MTA-STS policy that was fetched before cannot be read' };
    return policy;
  };

  async function findKept(domain: DomainName) {
    if (nameOfRecord(domain) === undefined) return undefined;
    try {
      return await files.find(domain);
    } catch (thrown) {
      log.error(
        { domain, ...errorFields(toOnionmxError(thrown)) },
        'cannot read the MTA-STS policy of a domain',
      );
      return 'unreadable';
    }
  }
}

/** undefined when the name would be too long: then there can be no record, and no file of that name. */
function nameOfRecord(domain: DomainName) {
  return toDnsName(`_mta-sts.${domain}`);
}

async function lookUpRecord(domain: DomainName, resolver: Resolver): Promise<RecordAnswer> {
  const name = nameOfRecord(domain);
  if (name === undefined) return { kind: 'none', why: 'its name is too long', ttlSeconds: 0 };
  const lookup = await resolver.lookup(name, 'TXT');
  if (lookup.kind === 'failed') return { kind: 'failed', why: lookup.detail };
  const { ttlSeconds } = lookup;
  if (lookup.kind !== 'records') return { kind: 'none', why: 'no TXT record', ttlSeconds };
  const read = readMtaStsRecords(lookup.records.map(({ text }) => text));
  return read.kind === 'record' ? { kind: 'found', id: read.id, ttlSeconds } : { ...read, ttlSeconds };
}
