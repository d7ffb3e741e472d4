/** Why we believe that a domain uses these exchangers, and which reason is the better one. What each is worth: docs/trust.md. */

/**
 * The strongest first. `address` the recipient domain is itself an onion address; `pinned` the operator says so, in the map or
 * in the memory; `proved` the onion service and the domain name each other, both authenticated; `dnssec` a validated SRV answer;
 * `certificate` the exchanger shows by STARTTLS a certificate for the domain; `remembered` the same exchangers for a week or
 * longer; `dns` a plain SRV answer.
 */
export const evidences = [
  'address',
  'pinned',
  'proved',
  'dnssec',
  'certificate',
  'remembered',
  'dns',
] as const;

export type Evidence = (typeof evidences)[number];

export function isAtLeast(evidence: Evidence, wanted: Evidence): boolean {
  return evidences.indexOf(evidence) <= evidences.indexOf(wanted);
}

export function strongerOf<Some extends Evidence>(one: Some, other: Some): Some {
  return isAtLeast(one, other) ? one : other;
}
