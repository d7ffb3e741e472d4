/** The rule of the setting `outage`: when mail takes the clear net because its onion does not answer. Pure. */
import type { Outage } from './outage-book.ts';

/** `never`, or after how many milliseconds without an answer. */
export type ClearNetAfter = 'never' | number;

/**
 * `onion` as ever; `check` the time is over, and a check of our own has to confirm it before anything else; `clearnet` it has;
 * `tor-fails` it had, but now nothing can be known, so the mail waits.
 */
type OutageVerdict = 'onion' | 'check' | 'clearnet' | 'tor-fails';

export function judgeOutage(
  outage: Outage | undefined,
  clearNetAfterMs: number,
  nowMs: number,
): OutageVerdict {
  if (outage === undefined || nowMs - outage.sinceMs < clearNetAfterMs) return 'onion';
  return verdictOf[outage.state];
}

const verdictOf = { counting: 'check', confirmed: 'clearnet', suspended: 'tor-fails' } as const;
