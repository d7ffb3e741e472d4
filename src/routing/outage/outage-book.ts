/**
 * What is known of exchanger sets that do not answer: since when without a break, and what the state of that is. In memory
 * only: after a restart each count begins anew. Pure but for what it keeps; whoever asks brings the time.
 */
import { type ExchangerSet, endpointNameOf } from '../../protocol/exchanger.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { BoundedMap } from '../bounded-map.ts';

/** When more sets than this fail at once, the count of the oldest may begin anew. */
const maxSets = 10_000;

/**
 * Nobody knows what a set would have answered while no mail tried it. So a failure long after the last one is a first failure
 * again; MTAs try waiting mail again more often than this.
 */
export const maxSilenceMs = 43_200_000;

/**
 * `counting` mail failed, and may go on failing; `confirmed` a check of our own found Tor well and nobody answering;
 * `suspended` it was confirmed, and now our own Tor fails, so that nothing can be known.
 */
export type OutageState = 'counting' | 'confirmed' | 'suspended';

export interface Outage {
  readonly exchangers: ExchangerSet;
  readonly sinceMs: number;
  lastFailureMs: number;
  /** When a lookup asked last. */
  lastAskedMs: number;
  /** What the last failure said. */
  error: string;
  state: OutageState;
  /** The domains whose mail takes the clear net because of it, as far as the log has said so. */
  readonly told: Set<DomainName>;
}

export interface OutageBook {
  find(exchangers: ExchangerSet, nowMs: number): Outage | undefined;
  /** Begins the count, or goes on with it. */
  noteFailure(exchangers: ExchangerSet, error: string, nowMs: number): Outage;
  /** The end of it. Returns what has ended. */
  noteAnswer(exchangers: ExchangerSet): Outage | undefined;
  /** Our own Tor fails: every count ends, and what was confirmed is suspended. Returns what was confirmed until now. */
  suspendAll(): readonly Outage[];
  /** Those that were confirmed, suspended or not, and that somebody still asks for. */
  listConfirmed(nowMs: number): readonly Outage[];
}

export function createOutageBook(): OutageBook {
  const outages = new BoundedMap<string, Outage>(maxSets);

  function find(exchangers: ExchangerSet, nowMs: number): Outage | undefined {
    const found = outages.get(endpointNameOf(exchangers));
    return found === undefined || isOver(found, nowMs) ? undefined : found;
  }

  return {
    find,
    noteFailure(exchangers, error, nowMs) {
      const outage = find(exchangers, nowMs) ?? begin(exchangers, error, nowMs);
      outage.lastFailureMs = nowMs;
      outage.error = error;
      outages.set(endpointNameOf(exchangers), outage);
      return outage;
    },
    noteAnswer(exchangers) {
      const name = endpointNameOf(exchangers);
      const ended = outages.get(name);
      outages.delete(name);
      return ended;
    },
    suspendAll() {
      const all = [...outages.entries()];
      for (const [name, { state }] of all) if (state === 'counting') outages.delete(name);
      const confirmed = all.map(([, outage]) => outage).filter(({ state }) => state === 'confirmed');
      for (const outage of confirmed) outage.state = 'suspended';
      return confirmed;
    },
    listConfirmed(nowMs) {
      for (const [name, outage] of outages.entries()) if (isOver(outage, nowMs)) outages.delete(name);
      return [...outages.entries()].map(([, outage]) => outage).filter(({ state }) => state !== 'counting');
    },
  };
}

function begin(exchangers: ExchangerSet, error: string, nowMs: number): Outage {
  const times = { sinceMs: nowMs, lastFailureMs: nowMs, lastAskedMs: nowMs };
  return { exchangers, ...times, error, state: 'counting', told: new Set() };
}

/** A count lives from the failures of mail; what is confirmed is tried by ourselves, as long as somebody asks. */
function isOver({ state, lastFailureMs, lastAskedMs }: Outage, nowMs: number): boolean {
  return nowMs - (state === 'counting' ? lastFailureMs : lastAskedMs) >= maxSilenceMs;
}
