/** What doctor says of one thing on this host: the fact with its value, why it matters, and the next command. */

/** `relay`: strangers can relay. The others are the places of docs/errors.md. They settle the exit code. */
type Place = 'config' | 'host' | 'tor' | 'relay';

interface Check {
  readonly area: Area;
  readonly place: Place;
}

/** In the order in which they are told. */
export const areas = ['host', 'tor', 'dns', 'lookup', 'mail-server', 'receiving', 'policy'] as const;
type Area = (typeof areas)[number];

/** Every check; docs/doctor.md says of each what it is, and a test ties the two. */
export const checks = {
  configuration: { area: 'host', place: 'config' },
  map: { area: 'host', place: 'config' },
  memory: { area: 'host', place: 'config' },
  'state-folder': { area: 'host', place: 'host' },
  node: { area: 'host', place: 'host' },

  'tor-program': { area: 'tor', place: 'host' },
  'proof-of-work': { area: 'tor', place: 'host' },
  'tor-socks': { area: 'tor', place: 'tor' },
  'tor-network': { area: 'tor', place: 'tor' },
  'socks-errors': { area: 'tor', place: 'tor' },
  'onion-service': { area: 'tor', place: 'tor' },

  resolver: { area: 'dns', place: 'host' },
  'resolver-dnssec': { area: 'dns', place: 'host' },
  srv: { area: 'dns', place: 'config' },
  'srv-signed': { area: 'dns', place: 'config' },

  'lookup-answers': { area: 'lookup', place: 'host' },
  'lookup-access': { area: 'lookup', place: 'host' },
  'endpoint-access': { area: 'lookup', place: 'host' },

  'mail-server': { area: 'mail-server', place: 'host' },
  exim: { area: 'mail-server', place: 'config' },
  'transport-maps': { area: 'mail-server', place: 'config' },
  'table-order': { area: 'mail-server', place: 'config' },
  'own-domains': { area: 'mail-server', place: 'config' },
  'transport-service': { area: 'mail-server', place: 'config' },
  'endpoint-path': { area: 'mail-server', place: 'config' },
  concurrency: { area: 'mail-server', place: 'config' },
  'endpoint-tls': { area: 'mail-server', place: 'config' },
  'rewrite-service': { area: 'mail-server', place: 'config' },

  relay: { area: 'receiving', place: 'relay' },
  reception: { area: 'receiving', place: 'config' },
  listener: { area: 'receiving', place: 'host' },

  'tls-policy': { area: 'policy', place: 'config' },
  'dns-for-onion': { area: 'policy', place: 'config' },
  filters: { area: 'policy', place: 'config' },
  verification: { area: 'policy', place: 'config' },
} as const satisfies Record<string, Check>;

export type CheckId = keyof typeof checks;
/** `unknown`: it could not be checked, and `reason` says what that needs. */
export type Severity = 'ok' | 'warning' | 'error' | 'unknown';

interface Details {
  readonly reason?: string;
  readonly next?: string;
}

export interface DoctorFinding extends Details {
  readonly area: Area;
  readonly id: CheckId;
  readonly severity: Severity;
  readonly fact: string;
}

/** A failure as our errors tell it. */
export interface Failure {
  readonly message: string;
  readonly hint: string | undefined;
}

export function find(
  severity: Severity,
  id: CheckId,
  fact: string,
  reason?: string,
  next?: string,
): DoctorFinding {
  const details = {
    ...(reason === undefined ? {} : { reason }),
    ...(next === undefined ? {} : { next }),
  };
  return { area: checks[id].area, id, severity, fact, ...details };
}

/** The first error settles it, because what comes later often follows from it; but an open relay is told before all. */
export function placeOfTrouble(findings: readonly DoctorFinding[]): Place | undefined {
  const places = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ id }): Place => checks[id].place);
  return places.includes('relay') ? 'relay' : places[0];
}
