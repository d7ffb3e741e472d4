/** Asks whether what is known of a domain is enough to route by, and has looked for more evidence where it is not. */
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import type { DnsWord } from '../ask-dns-and-memory.ts';
import { BoundedMap } from '../bounded-map.ts';
import { decideOnFailure } from '../decide-route.ts';
import { describeCheck, describeMoreEvidence } from './describe-trust.ts';
import { type Evidence, isAtLeast } from '../evidence.ts';
import { createFailureClock } from '../failure-clock.ts';
import type { OnFailure } from '../failure-policy.ts';
import type { LookForEvidence } from './look-for-evidence.ts';
import type { Decision, Route } from '../route.ts';
import type { RouteMemory } from '../memory/route-memory.ts';
import type { AskTlsPolicy, TlsPolicy } from '../tls-policy/tls-policy.ts';
import { judgeTrust, type TrustVerdict } from './trust-rule.ts';
import { questionFor } from './want-evidence.ts';

export interface TrustSources {
  /** Which evidence is enough for mail to go over an onion. */
  readonly enough: (domain: DomainName) => Evidence;
  readonly askPolicy: AskTlsPolicy;
  /** Returns at once. */
  readonly lookForEvidence: LookForEvidence;
  readonly memory: RouteMemory;
  /** For how long a domain is remembered after it was last seen. */
  readonly keepMs: number;
  readonly onFailure: (domain: DomainName) => OnFailure;
  readonly deferMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

/** The log says once what holds for a domain, and again when something else does. */
const maxSaid = 10_000;

/** The function throws `state-folder`. */
export function askTrust(sources: TrustSources): (domain: DomainName, word: DnsWord) => Promise<Decision> {
  const failures = createFailureClock(sources.now);
  const said = new BoundedMap<DomainName, string>(maxSaid);

  return async (domain, word) => {
    const { route, steps, named, entry, isFleeting } = word;
    if (route.kind !== 'onion') return word;
    const { evidence } = route;
    const enough = sources.enough(domain);
    const policy = isAtLeast(evidence, 'dnssec') ? undefined : await askPolicy(domain, entry?.policy);
    const facts = { domain, named, used: route.exchangers, entry, evidence, enough, policy };
    const question = questionFor(facts, { nowMs: sources.clock(), keepMs: sources.keepMs });
    if (question !== undefined) sources.lookForEvidence(question);
    const verdict = judgeTrust({ evidence, enough, policy });
    const answer = [verdict.why, describeCheck(entry?.check), describeMoreEvidence(evidence)];
    const judged = decide(domain, route, verdict);
    tell(domain, judged, evidence, verdict);
    return {
      route: judged,
      isFleeting,
      steps: [...steps, { asked: 'trust', answer: answer.filter((part) => part !== undefined).join('. ') }],
    };
  };

  /**
   * What was known last holds while nothing can be known: else who blocks DNS, or makes up an MTA-STS record, could end every route
   * on weaker evidence.
   */
  async function askPolicy(
    domain: DomainName,
    last: 'none' | 'dane' | 'mta-sts' | undefined,
  ): Promise<TlsPolicy> {
    const policy = await sources.askPolicy(domain);
    const isSure = policy.kind !== 'unknown' && (policy.kind !== 'mta-sts' || policy.isUnconfirmed !== true);
    if (isSure && last !== policy.kind) await keepPolicy(domain, policy.kind);
    if (isSure || last === undefined) return policy;
    const source = 'as it was known last';
    return last === 'mta-sts' ? { kind: last, mxNames: [], source } : { kind: last, source };
  }

  function keepPolicy(domain: DomainName, policy: 'none' | 'dane' | 'mta-sts'): Promise<void> {
    return sources.memory.revise(domain, (known) => ({
      entry: known === undefined ? undefined : { ...known, policy },
      result: undefined,
    }));
  }

  function decide(domain: DomainName, route: Route, verdict: TrustVerdict): Route {
    const failingForMs = failures.note(domain, verdict.kind === 'unknown');
    if (verdict.kind === 'trusted') return route;
    if (verdict.kind === 'clearnet') return { kind: 'clearnet', reason: verdict.why };
    const facts = { failingForMs, onFailure: sources.onFailure(domain), deferMs: sources.deferMs };
    return decideOnFailure(facts, verdict.why, 'an onion on less evidence must not take its place');
  }

  function tell(domain: DomainName, route: Route, evidence: Evidence, { why }: TrustVerdict): void {
    if (route.kind === 'onion' || route.kind === 'reject') {
      said.delete(domain);
      return;
    }
    // the reason of a route counts minutes
    const now = `${route.kind} ${why}`;
    if (said.get(domain) === now) return;
    said.set(domain, now);
    const text =
      route.kind === 'clearnet'
        ? 'a domain has an onion, but too little evidence of it: mail takes the clear net'
        : 'a domain has an onion, and whether its evidence is enough is not known: mail waits';
    sources.log.info({ domain, evidence, why: route.reason }, text);
  }
}
