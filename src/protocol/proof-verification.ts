/**
 * Whether a proof holds: docs/proofs.md. It is the onion's half alone: any onion service can sign that it wants any domain.
 * Without the domain's own half, authenticated, it is no evidence of a route.
 */
import { type ErrorCode, OnionmxError } from '../errors.ts';
import type { DomainName } from './domain-name.ts';
import type { OnionAddress } from './onion-address.ts';
import { assertSigned, type SignedProof } from './proof-signature.ts';
import { livesTooLong, proofLimits, type ProofStatement, supersedes } from './proof-statement.ts';
import { formatProofTime } from './proof-time.ts';

export interface ProofExpectation {
  readonly domain: DomainName;
  /** What the domain names. Left out, the proof is compared with no other word than its own. */
  readonly onionAddress?: OnionAddress | undefined;
  readonly port?: number | undefined;
  /** The newest proof that was ever seen to hold, for this domain and this onion service. */
  readonly newestSeen?: ProofStatement | undefined;
  readonly nowSeconds: number;
}

/** Clocks differ: a proof may be issued this much in the future. There is no such grace at its end. */
export const proofClockSkewSeconds = 300;

/**
 * What the proof says, now that it holds. Throws `proof-bad-signature`, `-wrong-onion`, `-wrong-domain`, `-wrong-port`,
 * `-too-long-lived`, `-not-yet-valid`, `-expired` and `-replayed`, the first that fits.
 */
export function verifyProof(proof: SignedProof, expected: ProofExpectation): ProofStatement {
  // first, so that what the other refusals tell is what the onion service said
  assertSigned(proof);
  const { statement } = proof;
  assertIdentity(statement, expected);
  assertTimely(statement, expected.nowSeconds);
  assertNewest(statement, expected);
  return statement;
}

function assertIdentity(statement: ProofStatement, { domain, onionAddress, port }: ProofExpectation): void {
  const { onionAddress: signer, domains, ports } = statement;
  // stops an attack: a stranger's onion service signs for a domain that never named it
  if (onionAddress !== undefined && signer !== onionAddress)
    throw refusal('proof-wrong-onion', `the proof is signed by ${signer}, not by ${onionAddress}`);
  if (!domains.includes(domain))
    throw refusal(
      'proof-wrong-domain',
      `the proof does not speak of ${domain}, but of ${domains.join(', ')}`,
    );
  if (port !== undefined && !ports.includes(port))
    throw refusal('proof-wrong-port', `the proof does not speak of port ${port}, but of ${ports.join(', ')}`);
}

function assertTimely(statement: ProofStatement, nowSeconds: number): void {
  const { issuedSeconds, expiresSeconds } = statement;
  if (livesTooLong(statement))
    throw refusal('proof-too-long-lived', `the proof is made for more than ${proofLimits.lifeDays} days`);
  // stops an attack: a proof of the far future would stay the newest, and shut out all that follow
  if (issuedSeconds > nowSeconds + proofClockSkewSeconds)
    throw refusal(
      'proof-not-yet-valid',
      `the proof is issued in the future, at ${formatProofTime(issuedSeconds)}`,
      'compare the clocks of both hosts: `date -u`',
    );
  if (nowSeconds >= expiresSeconds)
    throw refusal('proof-expired', `the proof has expired at ${formatProofTime(expiresSeconds)}`);
}

/** Stops an attack: a proof that was withdrawn by a newer one is served again while it has not expired. */
function assertNewest(statement: ProofStatement, { domain, newestSeen }: ProofExpectation): void {
  if (newestSeen === undefined || !supersedes(newestSeen, statement, domain)) return;
  const [newer, older] = [newestSeen, statement].map(({ issuedSeconds }) => formatProofTime(issuedSeconds));
  throw refusal(
    'proof-replayed',
    `the proof is an old one, issued at ${older}: there is one of ${newer}`,
    'whoever serves it has to publish the newer one; its operator can make another: `onionmx proof make`',
  );
}

function refusal(
  code: ErrorCode,
  message: string,
  hint = 'its operator has to make a new one: `onionmx proof make`',
): OnionmxError {
  return new OnionmxError(code, message, { hint });
}
