/** The last source of a route: what DNS says of a domain, weighed against what is remembered of it. */
import type { Log } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import { decideFromDns } from './decide-route.ts';
import { describePinned, describeRecall, logRecall } from './memory/describe-memory.ts';
import { describeSrvAnswer } from './dns/describe-srv-answer.ts';
import { createFailureClock } from './failure-clock.ts';
import { evidenceFor } from './memory/known-evidence.ts';
import type { OnFailure } from './failure-policy.ts';
import type { MemoryEntry } from './memory/memory-entry.ts';
import type { Decision, Route, RouteStep } from './route.ts';
import type { RouteMemory } from './memory/route-memory.ts';
import type { SrvAnswer } from './dns/srv-discovery.ts';
import { weighAnswer } from './memory/weigh-answer.ts';

export interface DnsSources {
  readonly discover: (domain: DomainName) => Promise<SrvAnswer>;
  readonly memory: RouteMemory;
  /** For how long a domain is remembered after it was last seen; 0: nothing is remembered. */
  readonly keepMs: number;
  readonly onFailure: (domain: DomainName) => OnFailure;
  readonly deferMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Wall clock, in milliseconds: the memory outlives the process. */
  readonly clock: () => number;
  readonly log: Log;
}

/** What is known of an ordinary domain; whether that is enough to route by is not judged yet. */
export interface DnsWord extends Decision {
  readonly isFleeting: boolean;
  /** The exchangers that DNS names now, whoever's word holds. */
  readonly named: ExchangerSet | undefined;
  /** What is remembered from now on. */
  readonly entry: MemoryEntry | undefined;
}

/** The function throws `state-folder`. */
export function askDnsAndMemory(sources: DnsSources): (domain: DomainName) => Promise<DnsWord> {
  const failures = createFailureClock(sources.now);

  return async (domain) => {
    const before = await sources.memory.find(domain);
    if (before?.isPinned === true) return usePinned(domain, before);
    const srv = await sources.discover(domain);
    const failingForMs = failures.note(domain, srv.kind === 'failed');
    return sources.memory.revise(domain, (known) => {
      const { log, deferMs, keepMs } = sources;
      const clock = { nowMs: sources.clock(), keepMs };
      const weighed = weighAnswer(srv, known, clock);
      const recalled = { domain, srv, known, weighed, clock };
      const onFailure = sources.onFailure(domain);
      const { holder, entry } = weighed;
      const evidence = evidenceFor(srv, entry, clock.nowMs);
      const route = decideFromDns({ srv, holder, evidence, failingForMs, onFailure, deferMs });
      logRecall(log, recalled);
      logFailure(log, domain, srv, route);
      const steps: readonly (RouteStep | undefined)[] = [
        { asked: 'dns', answer: describeSrvAnswer(srv) },
        stepOf('memory', describeRecall(recalled)),
        stepOf('DNS failure', holder.kind === 'nobody' ? describePolicy(onFailure, deferMs) : undefined),
      ];
      const named = srv.kind === 'found' ? srv.exchangers : undefined;
      const said = steps.filter((step) => step !== undefined);
      const isFleeting = srv.kind !== 'failed' && srv.ttlSeconds === 0;
      return { entry, result: { route, steps: said, named, entry, isFleeting } };
    });
  };
}

function usePinned(domain: DomainName, entry: MemoryEntry): DnsWord {
  const step: RouteStep = { asked: 'memory', answer: describePinned(domain, entry) };
  const route: Route = { kind: 'onion', exchangers: entry.exchangers, evidence: 'pinned' };
  return { route, steps: [step], named: undefined, entry, isFleeting: false };
}

/** Never in silence: a route that does not rest on what DNS says now is a log line. */
function logFailure(log: Log, domain: DomainName, srv: SrvAnswer, decided: Route): void {
  if (srv.kind !== 'failed') return;
  const fields = { domain, dns: srv.why, detail: srv.detail, route: decided.kind };
  if (decided.kind === 'clearnet') log.warn(fields, 'DNS keeps failing: mail takes the clear net');
  else log.info(fields, 'DNS fails for a domain');
}

function stepOf(asked: RouteStep['asked'], answer: string | undefined): RouteStep | undefined {
  return answer === undefined ? undefined : { asked, answer };
}

function describePolicy(onFailure: OnFailure, deferMs: number): string {
  switch (onFailure) {
    case 'bounded':
      return `bounded: mail waits for ${Math.ceil(deferMs / 60_000)} minutes from the first failure, then it takes the clear net`;
    case 'defer':
      return 'defer: mail waits as long as DNS fails';
    case 'clearnet':
      return 'clearnet: mail takes the clear net at once';
  }
}
