/**
 * What an onion service says in a proof: which domains it takes mail for, at which ports, from when until when.
 * The format is our own, version 1: docs/proofs.md. Left out: reading it (proof-parser.ts), the signature (proof-signature.ts).
 */
import { OnionmxError } from '../errors.ts';
import { type DomainName, isUnderOnion } from './domain-name.ts';
import type { OnionAddress } from './onion-address.ts';
import { formatProofTime, isProofTime } from './proof-time.ts';

export interface ProofStatement {
  readonly onionAddress: OnionAddress;
  /** At least one, ascending, none twice. */
  readonly domains: readonly DomainName[];
  /** At least one, ascending, none twice. */
  readonly ports: readonly number[];
  /** Whole seconds since 1970, as all times here. */
  readonly issuedSeconds: number;
  /** The first second in which it does not hold any more. */
  readonly expiresSeconds: number;
}

export const proofLimits = { bytes: 4096, domains: 32, ports: 8, lifeDays: 400, daySeconds: 86_400 } as const;
export const proofFirstLine = 'onionmx-proof 1';
/** The last line: the word, 64 octets in base 64, and a line end. */
const signatureLineBytes = 'signature '.length + 88 + 1;

/** In any order, with repetitions. Throws `proof-impossible` when no proof can say this. */
export function composeStatement(wanted: ProofStatement): ProofStatement {
  const domains = [...new Set(wanted.domains)].sort();
  const ports = [...new Set(wanted.ports)].sort((one, other) => one - other);
  const statement = { ...wanted, domains, ports };
  const problem = problemOf(statement);
  if (problem === undefined) return statement;
  throw new OnionmxError('proof-impossible', `no proof can say this: ${problem}`, {
    hint: 'name fewer domains in one proof, and make several: `onionmx proof make example.org`',
  });
}

/** All but the signature line. One statement has one text, octet for octet. */
export function formatStatement(statement: ProofStatement): string {
  const { onionAddress, domains, ports, issuedSeconds, expiresSeconds } = statement;
  const lines = [
    proofFirstLine,
    `onion ${onionAddress}`,
    ...domains.map((domain) => `domain ${domain}`),
    ...ports.map((port) => `port ${port}`),
    `issued ${formatProofTime(issuedSeconds)}`,
    `expires ${formatProofTime(expiresSeconds)}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function livesTooLong({ issuedSeconds, expiresSeconds }: ProofStatement): boolean {
  return expiresSeconds - issuedSeconds > proofLimits.lifeDays * proofLimits.daySeconds;
}

/**
 * Whether `newer` takes the place of `older` for this domain: the same onion service has spoken of it again, later.
 * Two onion services of a domain do not replace each other. Of two proofs of one second, the one that came first stays.
 */
export function supersedes(newer: ProofStatement, older: ProofStatement, domain: DomainName): boolean {
  const speakOfIt = [newer, older].every(({ domains }) => domains.includes(domain));
  const isSameOnion = newer.onionAddress === older.onionAddress;
  return speakOfIt && isSameOnion && newer.issuedSeconds > older.issuedSeconds;
}

function problemOf(statement: ProofStatement): string | undefined {
  const { domains, ports, issuedSeconds, expiresSeconds } = statement;
  if (domains.length === 0) return 'it names no domain';
  if (domains.length > proofLimits.domains)
    return `it names ${domains.length} domains, ${proofLimits.domains} at most`;
  const onion = domains.find(isUnderOnion);
  if (onion !== undefined) return `${onion} is under .onion, and is its own proof`;
  if (ports.length === 0 || ports.length > proofLimits.ports)
    return `it names ${ports.length} ports, 1 to ${proofLimits.ports} are possible`;
  if (![issuedSeconds, expiresSeconds].every(isProofTime))
    return 'its times are not in the years 1970 to 9999';
  if (expiresSeconds <= issuedSeconds) return 'it expires before it is issued';
  if (livesTooLong(statement)) return `it lives for more than ${proofLimits.lifeDays} days`;
  const bytes = formatStatement(statement).length + signatureLineBytes;
  return bytes > proofLimits.bytes
    ? `it has ${bytes} bytes, ${proofLimits.bytes} at most: the names are long`
    : undefined;
}
