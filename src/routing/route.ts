/** What is decided for a recipient domain, and why. */
import type { ExchangerSet } from '../protocol/exchanger.ts';
import type { Evidence } from './evidence.ts';

export type Route =
  | { readonly kind: 'onion'; readonly exchangers: ExchangerSet; readonly evidence: Evidence }
  | { readonly kind: 'clearnet'; readonly reason: string }
  /** Keep the mail in the queue: nobody can say now. `status` is an RFC 3463 code such as `4.4.3`. */
  | { readonly kind: 'defer'; readonly status: string; readonly reason: string }
  /** Refuse the mail: it can never be delivered. */
  | { readonly kind: 'reject'; readonly status: string; readonly reason: string };

/** One step of the way to a route, for `onionmx lookup`. */
export interface RouteStep {
  readonly asked:
    | 'own domains'
    | 'ignored domains'
    | 'onion address'
    | 'map'
    | 'dns'
    | 'memory'
    | 'DNS failure'
    | 'trust'
    | 'own onion services'
    | 'outage';
  readonly answer: string;
}

export interface Decision {
  readonly route: Route;
  readonly steps: readonly RouteStep[];
  /** It holds for this question alone: what DNS has said has no time to live. */
  readonly isFleeting?: boolean;
}
