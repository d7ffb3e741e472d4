/** Fetches MTA-STS policies behind the answers (RFC 8461 §3.3): some at a time, and each domain's seldom. Nobody waits for it. */
import { toOnionmxError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { parseMtaStsPolicy } from '../../protocol/mta-sts-policy.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { PolicyFiles } from './mta-sts-files.ts';
import { createWorkQueue } from '../work-queue.ts';

interface FetcherOptions {
  /** The policy file of the domain; throws an OnionmxError. */
  readonly get: (domain: DomainName) => Promise<Buffer>;
  readonly files: PolicyFiles;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

/** Resolves when the policy has been fetched or not, at once when it is not tried. Never rejects. */
export type WantPolicy = (domain: DomainName, id: string) => Promise<void>;

const maxAtOnce = 4;
const maxWaiting = 1000;
/** RFC 8461 §3.3: five minutes or more. Here also for another version, since anybody who can forge DNS can make up versions. */
const pauseMs = 300_000;
/** When it was our Tor that failed, as while it starts: nobody has been troubled. */
const torPauseMs = 15_000;

export function createPolicyFetcher(options: FetcherOptions): WantPolicy {
  const { get, files, now, clock, log } = options;
  const notBefore = new BoundedMap<DomainName, number>(10_000);
  const underWay = new Map<DomainName, Promise<void>>();
  const enqueue = createWorkQueue(maxAtOnce, maxWaiting);

  async function fetch(domain: DomainName, id: string): Promise<void> {
    notBefore.set(domain, now() + pauseMs);
    try {
      const policy = parseMtaStsPolicy(await get(domain));
      await files.save(domain, { ...policy, id, fetchedMs: clock() });
      log.info({ domain, mode: policy.mode, mx: policy.mxNames }, 'fetched the MTA-STS policy of a domain');
    } catch (thrown) {
      const { message, place } = toOnionmxError(thrown);
      if (place === 'tor') notBefore.set(domain, now() + torPauseMs);
      log.info({ domain, reason: message }, 'cannot fetch the MTA-STS policy of a domain');
    }
  }

  return (domain, id) => {
    const started = underWay.get(domain);
    if (started !== undefined) return started;
    if (now() < (notBefore.get(domain) ?? 0)) return Promise.resolve();
    const fetching = enqueue(() => fetch(domain, id))?.finally(() => underWay.delete(domain));
    if (fetching === undefined) return Promise.resolve();
    underWay.set(domain, fetching);
    return fetching;
  };
}
