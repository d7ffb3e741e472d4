/** The last step to a route: mail for a domain takes the clear net while its onion is down, where the setting `outage` says so. */
import type { DomainName } from '../../protocol/domain-name.ts';
import type { Outage } from './outage-book.ts';
import { type ClearNetAfter, judgeOutage } from './outage-rule.ts';
import type { OutageWatch } from './outage-watch.ts';
import type { Decision, Route, RouteStep } from '../route.ts';

export type ApplyOutage = (domain: DomainName, decision: Decision) => Decision;

export interface OutageStepOptions {
  readonly clearNetAfter: (domain: DomainName) => ClearNetAfter;
  readonly watch: OutageWatch;
  /** For counting. */
  readonly now: () => number;
  /** For people: since the epoch. */
  readonly clock: () => number;
}

/** As the service decides. A lookup never waits: what has to be checked is checked behind it. */
export function createOutageStep({ clearNetAfter, watch, now, clock }: OutageStepOptions): ApplyOutage {
  return (domain, decision) => {
    const { route } = decision;
    const after = afterFor(clearNetAfter, domain, route);
    if (after === undefined || route.kind !== 'onion') return decision;
    const outage = watch.askFor(route.exchangers);
    if (outage === undefined)
      return explain(decision, `no failure is known; clear net after ${spell(after)}`);
    const since = new Date(clock() - (now() - outage.sinceMs)).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
    const what = `its onion has not answered since ${since} (${outage.error})`;
    switch (judgeOutage(outage, after, now())) {
      case 'onion':
        return explain(decision, `${what}; clear net after ${spell(after)}`);
      case 'check':
        void watch.check(route.exchangers);
        return explain(decision, `${what}: that is being checked, and until then the mail waits`);
      case 'tor-fails':
        return explain(decision, `${what}; but our own Tor does not work, so the mail waits`);
      case 'clearnet':
        return toClearNet(domain, decision, outage, what);
    }
  };

  function toClearNet(domain: DomainName, decision: Decision, outage: Outage, what: string): Decision {
    watch.tellOfClearNet(domain, outage);
    const route: Route = {
      kind: 'clearnet',
      reason: `${what}: the setting outage sends it over the clear net`,
    };
    return { ...explain(decision, 'clear net'), route };
  }
}

/** As `onionmx lookup` explains it: only the running service knows what has not answered. */
export function describeOutageSetting(clearNetAfter: OutageStepOptions['clearNetAfter']): ApplyOutage {
  return (domain, decision) => {
    const after = afterFor(clearNetAfter, domain, decision.route);
    if (after === undefined) return decision;
    const answer = `clear net after ${spell(after)} without an answer; whether that is so now, the log of the service says`;
    return explain(decision, answer);
  };
}

/** undefined: no outage changes this route. Mail to an onion address has no other way. */
function afterFor(
  clearNetAfter: OutageStepOptions['clearNetAfter'],
  domain: DomainName,
  route: Route,
): number | undefined {
  if (route.kind !== 'onion' || route.evidence === 'address') return undefined;
  const after = clearNetAfter(domain);
  return after === 'never' ? undefined : after;
}

function explain(decision: Decision, answer: string): Decision {
  const step: RouteStep = { asked: 'outage', answer };
  return { ...decision, steps: [...decision.steps, step] };
}

function spell(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
