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
  /** The enhanced status (RFC 3463) that an MTA is told; 4.3.0 or 5.3.0 when none fits better. */
  readonly status?: string;
}

export const errorCatalogue = {
  // names and addresses
  'address-not-onion': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-bad-length': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-bad-base32': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-version-2': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-other-version': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-bad-checksum': { place: 'sender', permanent: true, status: '5.1.2' },
  'address-bad-point': { place: 'sender', permanent: true, status: '5.1.2' },
  'mail-address-invalid': { place: 'sender', permanent: true, status: '5.1.3' },
  'port-invalid': { place: 'sender', permanent: true, status: '5.1.3' },
  'domain-invalid': { place: 'sender', permanent: true, status: '5.1.2' },

  // configuration and domain map: mail is never refused because of them
  'config-missing': { place: 'config', permanent: false, status: '4.3.5' },
  'config-unreadable': { place: 'config', permanent: false, status: '4.3.5' },
  'config-invalid': { place: 'config', permanent: false, status: '4.3.5' },
  'map-unreadable': { place: 'config', permanent: false, status: '4.3.5' },
  'map-invalid': { place: 'config', permanent: false, status: '4.3.5' },
  'map-file-unclear': { place: 'config', permanent: false, status: '4.3.5' },
  'map-entry-missing': { place: 'config', permanent: false, status: '4.3.5' },
  'map-unwritable': { place: 'host', permanent: false, status: '4.3.5' },
  'map-key-invalid': { place: 'config', permanent: false, status: '4.3.5' },
  'map-key-unwritable': { place: 'host', permanent: false, status: '4.3.5' },
  'map-signature-missing': { place: 'config', permanent: false, status: '4.3.5' },
  'map-signature-wrong': { place: 'config', permanent: false, status: '4.3.5' },
  'map-source-invalid': { place: 'config', permanent: false, status: '4.3.5' },
  'map-not-signed-here': { place: 'config', permanent: false, status: '4.3.5' },
  'map-outdated': { place: 'remote', permanent: false, status: '4.3.5' },
  'download-failed': { place: 'remote', permanent: false, status: '4.4.1' },
  'tls-failed': { place: 'remote', permanent: false, status: '4.7.0' },
  'socket-address-invalid': { place: 'config', permanent: false, status: '4.3.5' },
  'endpoint-folder-too-long': { place: 'config', permanent: false, status: '4.3.5' },

  // sockets on this host
  'connect-failed': { place: 'host', permanent: false, status: '4.4.1' },
  'connection-lost': { place: 'host', permanent: false, status: '4.4.2' },
  'connection-timeout': { place: 'host', permanent: false, status: '4.4.1' },
  'listen-failed': { place: 'host', permanent: false },

  // our own files
  'state-folder': { place: 'host', permanent: false, status: '4.3.5' },

  // the keys of onion services
  'onion-keys-folder': { place: 'host', permanent: false, status: '4.3.5' },
  'onion-keys-invalid': { place: 'host', permanent: false, status: '4.3.5' },
  'onion-keys-missing': { place: 'host', permanent: false, status: '4.3.5' },
  'onion-keys-differ': { place: 'host', permanent: false, status: '4.3.5' },
  'onion-keys-exposed': { place: 'host', permanent: false, status: '4.3.5' },
  'backup-exists': { place: 'host', permanent: false, status: '4.3.5' },
  'backup-unwritable': { place: 'host', permanent: false, status: '4.3.5' },
  'backup-unreadable': { place: 'host', permanent: false, status: '4.3.5' },
  'client-key-invalid': { place: 'config', permanent: false, status: '4.3.5' },

  // what the relay check reads
  'own-domain-unknown': { place: 'config', permanent: false, status: '4.3.5' },
  'no-onion-service': { place: 'config', permanent: false, status: '4.3.5' },
  'torrc-unreadable': { place: 'config', permanent: false, status: '4.3.5' },
  'postfix-unreadable': { place: 'host', permanent: false, status: '4.3.5' },
  'exim-unreadable': { place: 'host', permanent: false, status: '4.3.5' },

  // setup: this host is changed as a whole, or not at all
  'setup-impossible': { place: 'config', permanent: false, status: '4.3.5' },
  'setup-failed': { place: 'host', permanent: false, status: '4.3.5' },
  'setup-unfinished': { place: 'host', permanent: false, status: '4.3.5' },
  'setup-not-restored': { place: 'host', permanent: false, status: '4.3.5' },
  'setup-changed-since': { place: 'config', permanent: false, status: '4.3.5' },

  // tor and onion services
  'tor-missing': { place: 'host', permanent: false, status: '4.3.5' },
  'tor-folder': { place: 'host', permanent: false, status: '4.3.5' },
  'tor-failed': { place: 'tor', permanent: false },
  'tor-unreachable': { place: 'tor', permanent: false, status: '4.4.1' },
  'tor-refused': { place: 'tor', permanent: false, status: '4.3.5' },
  'tor-control': { place: 'tor', permanent: false },
  'socks-protocol': { place: 'tor', permanent: false, status: '4.3.5' },
  'onion-no-descriptor': { place: 'remote', permanent: false, status: '4.4.4' },
  'onion-unreachable': { place: 'remote', permanent: false, status: '4.4.1' },
  'onion-timeout': { place: 'remote', permanent: false, status: '4.4.1' },
  'onion-connect-failed': { place: 'remote', permanent: false, status: '4.4.1' },
  'onion-needs-authorisation': { place: 'remote', permanent: false, status: '4.7.0' },
  'onion-address-refused': { place: 'bug', permanent: false, status: '4.3.5' },

  // SMTP with an exchanger
  'exchanger-refused': { place: 'remote', permanent: false, status: '4.3.2' },
  'exchanger-busy': { place: 'remote', permanent: false, status: '4.4.5' },
  'exchanger-timeout': { place: 'remote', permanent: false, status: '4.4.1' },
  'exchanger-lost': { place: 'remote', permanent: false, status: '4.4.2' },
  'exchanger-lost-after-data': { place: 'remote', permanent: false, status: '4.4.2' },
  'exchanger-protocol': { place: 'remote', permanent: false, status: '4.5.0' },
  'exchanger-lacks-8bitmime': { place: 'remote', permanent: true, status: '5.6.3' },
  'exchanger-lacks-smtputf8': { place: 'remote', permanent: true, status: '5.6.7' },
  'exchanger-lacks-requiretls': { place: 'remote', permanent: true, status: '5.7.30' },
  'exchanger-lacks-tls': { place: 'remote', permanent: true, status: '5.7.10' },
  'exchanger-certificate': { place: 'remote', permanent: false, status: '4.7.5' },

  // DNS and routes
  'no-onion-route': { place: 'remote', permanent: true, status: '5.4.4' },
  'route-unknown': { place: 'host', permanent: false, status: '4.4.3' },
  'dns-malformed': { place: 'host', permanent: false, status: '4.4.3' },
  'not-remembered': { place: 'sender', permanent: false, status: '4.4.3' },

  // proofs of onion services: never a reason to refuse mail
  'proof-impossible': { place: 'config', permanent: false, status: '4.3.5' },
  'proof-unreadable': { place: 'host', permanent: false, status: '4.3.5' },
  'proof-malformed': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-other-version': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-bad-signature': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-wrong-onion': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-wrong-domain': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-wrong-port': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-too-long-lived': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-not-yet-valid': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-expired': { place: 'remote', permanent: false, status: '4.7.0' },
  'proof-replayed': { place: 'remote', permanent: false, status: '4.7.0' },

  // clients of the lookup server
  'lookup-request-malformed': { place: 'host', permanent: false },
  'lookup-request-unknown': { place: 'host', permanent: false },

  // mail from the MTA
  'message-line-ends': { place: 'sender', permanent: true, status: '5.6.0' },
  'message-too-big': { place: 'sender', permanent: true, status: '5.3.4' },

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
  /** RFC 3463, such as `4.4.1`. */
  readonly status: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const entry: CatalogueEntry = errorCatalogue[code];
    this.code = code;
    this.place = entry.place;
    this.permanent = entry.permanent;
    this.status = entry.status ?? (entry.permanent ? '5.3.0' : '4.3.0');
    this.hint = details.hint;
  }
}

/** Whatever was thrown, as an OnionmxError; what nobody foresaw is a bug, and temporary. */
export function toOnionmxError(thrown: unknown): OnionmxError {
  if (thrown instanceof OnionmxError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new OnionmxError('bug', `unexpected failure: ${message}`, {
    hint: 'please report this, with the log lines around it and the version: `onionmx --version`',
    cause: thrown,
  });
}

/** What a failure of any kind says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The file system says that there is no such file. */
export function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}
