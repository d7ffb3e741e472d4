/** The times in proofs: RFC 3339 in UTC, whole seconds, one spelling (`2026-01-31T12:00:00Z`). Without leap seconds. */

/** The last second of the year 9999: later ones have five digits in the year. */
const lastSecond = 253_402_300_799;

export function isProofTime(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= lastSecond;
}

export function formatProofTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** Seconds since 1970. undefined when it is no such time, such as on 30 February. */
export function parseProofTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  // Date takes 30 February for 2 March, and 24:00 for the next day
  return isProofTime(seconds) && formatProofTime(seconds) === text ? seconds : undefined;
}
