/**
 * The one error class, and the catalogue of every code it can carry.
 * `docs/errors.md` explains each code to the operator; a test ties the two.
 */

/** Where the cause lies, so that the operator knows whom to ask. */
export type ErrorPlace = 'config' | 'host' | 'tor' | 'remote' | 'sender' | 'bug';

interface CatalogueEntry {
  readonly place: ErrorPlace;
  /** true: trying again cannot help. Everything unknown is temporary: mail is kept. */
  readonly permanent: boolean;
}

export const errorCatalogue = {
  // names and addresses
  'address-not-onion': { place: 'sender', permanent: true },
  'address-bad-length': { place: 'sender', permanent: true },
  'address-bad-base32': { place: 'sender', permanent: true },
  'address-version-2': { place: 'sender', permanent: true },
  'address-other-version': { place: 'sender', permanent: true },
  'address-bad-checksum': { place: 'sender', permanent: true },
  'address-bad-point': { place: 'sender', permanent: true },
  'domain-invalid': { place: 'sender', permanent: true },
  'socket-address-invalid': { place: 'config', permanent: true },

  // sockets on this host
  'connect-failed': { place: 'host', permanent: false },
  'connection-lost': { place: 'host', permanent: false },
  'connection-timeout': { place: 'host', permanent: false },
  'listen-failed': { place: 'host', permanent: false },

  // us
  bug: { place: 'bug', permanent: false },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

interface ErrorDetails {
  /** What to do next: a deed, with a command to try. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure that an operator can act on: what failed, with the value, and what to do next. */
export class OnionmxError extends Error {
  override readonly name = 'OnionmxError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;
  readonly permanent: boolean;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.place = errorCatalogue[code].place;
    this.permanent = errorCatalogue[code].permanent;
    this.hint = details.hint;
  }
}

/** Whatever was thrown, as an OnionmxError; what nobody foresaw is a bug, and temporary. */
export function toOnionmxError(thrown: unknown): OnionmxError {
  if (thrown instanceof OnionmxError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new OnionmxError('bug', `unexpected failure: ${message}`, {
    hint: 'please report this with the log lines around it (see SECURITY.md for how)',
    cause: thrown,
  });
}
