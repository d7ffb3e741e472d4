/** What several exchangers, or several sessions, can all do: what the MTA is offered must hold for whichever the message takes. */
import type { CommonOffer } from './session.ts';

export function commonOfferOf(offers: readonly CommonOffer[]): CommonOffer {
  const all = (has: (offer: CommonOffer) => boolean) => offers.every(has);
  return {
    eightBitMime: all((offer) => offer.eightBitMime),
    smtpUtf8: all((offer) => offer.smtpUtf8),
    dsn: all((offer) => offer.dsn),
    startTls: all((offer) => offer.startTls || offer.requireTls),
    requireTls: all((offer) => offer.requireTls),
    maxMessageBytes: lowestLimit(offers.map(({ maxMessageBytes }) => maxMessageBytes)),
  };
}

/** undefined: one of them says no SIZE; 0: none has a fixed limit (RFC 1870). */
function lowestLimit(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length < limits.length) return undefined;
  const fixed = known.filter((limit) => limit > 0);
  return fixed.length === 0 ? 0 : Math.min(...fixed);
}
