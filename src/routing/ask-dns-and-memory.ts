/** The last source of a route: what DNS says of a domain, weighed against what is remembered of it. */
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { decideFromDns } from './decide-route.ts';
import { describePinned, describeRecall, logRecall } from './describe-memory.ts';
import { describeSrvAnswer } from './describe-srv-answer.ts';
import { createFailureClock } from './failure-clock.ts';
import type { OnFailure } from './failure-policy.ts';
import type { MemoryEntry } from './memory-entry.ts';
import type { Decision, Route, RouteStep } from './route.ts';
import type { RouteMemory } from './route-memory.ts';
import type { SrvAnswer } from './srv-discovery.ts';
import { weighAnswer } from './weigh-answer.ts';

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

/** The function never throws. */
export function askDnsAndMemory(sources: DnsSources): (domain: DomainName) => Promise<Decision> {
  const failures = createFailureClock(sources.now);

  async function ask(domain: DomainName): Promise<Decision> {
    const entry = await sources.memory.find(domain);
    if (entry?.isPinned === true) return usePinned(domain, entry);
    const srv = await sources.discover(domain);
    const failingForMs = failures.note(domain, srv.kind === 'failed');
    return sources.memory.revise(domain, (known) => {
      const { log, deferMs, keepMs } = sources;
      const clock = { nowMs: sources.clock(), keepMs };
      const weighed = weighAnswer(srv, known, clock);
      const recalled = { domain, srv, known, weighed, clock };
      const onFailure = sources.onFailure(domain);
      const route = decideFromDns({ srv, holder: weighed.holder, failingForMs, onFailure, deferMs });
      logRecall(log, recalled);
      logFailure(log, domain, srv, route);
      const steps: readonly (RouteStep | undefined)[] = [
        { asked: 'dns', answer: describeSrvAnswer(srv) },
        stepOf('memory', describeRecall(recalled)),
        stepOf(
          'DNS failure',
          weighed.holder.kind === 'nobody' ? describePolicy(onFailure, deferMs) : undefined,
        ),
      ];
      const result: Decision = { route, steps: steps.filter((step) => step !== undefined) };
      return { entry: weighed.entry, result };
    });
  }

  return async (domain) => {
    try {
      return await ask(domain);
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      sources.log.error({ domain, ...errorFields(error) }, 'the memory cannot be read: mail waits');
      return waitForMemory(error);
    }
  };
}

function usePinned(domain: DomainName, entry: MemoryEntry): Decision {
  const step: RouteStep = { asked: 'memory', answer: describePinned(domain, entry) };
  return { route: { kind: 'onion', exchangers: entry.exchangers, evidence: 'pinned' }, steps: [step] };
}

/** Never in silence: a route that does not rest on what DNS says now is a log line. */
function logFailure(log: Log, domain: DomainName, srv: SrvAnswer, decided: Route): void {
  if (srv.kind !== 'failed') return;
  const fields = { domain, dns: srv.why, detail: srv.detail, route: decided.kind };
  if (decided.kind === 'clearnet') log.warn(fields, 'DNS keeps failing: mail takes the clear net');
  else log.info(fields, 'DNS fails for a domain');
}

/** What is remembered may be an onion: to go by DNS alone would be a way round the memory for who can break its files. */
function waitForMemory({ status, message }: OnionmxError): Decision {
  return {
    route: { kind: 'defer', status, reason: message },
    steps: [{ asked: 'memory', answer: `cannot be read: ${message}` }],
  };
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
