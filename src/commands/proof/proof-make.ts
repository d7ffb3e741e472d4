/** `onionmx proof make`: an onion service of this host signs which domains it takes mail for. Prints what to publish. */
import { OnionmxError } from '../../errors.ts';
import { isUnderOnion, parseDomainName } from '../../protocol/domain-name.ts';
import {
  assertSigned,
  formatProof,
  type SignedProof,
  signedBytesOf,
} from '../../protocol/proof-signature.ts';
import { composeStatement, proofLimits } from '../../protocol/proof-statement.ts';
import { formatProofTxtRecord } from '../../protocol/proof-txt.ts';
import { exitCode } from '../exit-code.ts';
import { openProofSigner, type ProofSigner, type SignerChoice } from './proof-signer.ts';

export interface ProofMakeOptions extends SignerChoice {
  /** As they are written. Empty: `domains.own`. */
  readonly domains: readonly string[];
  /** Empty: that of the service. */
  readonly ports: readonly number[];
  readonly days: number;
  /** Lines of a zone file instead of the text. */
  readonly txt: boolean;
  readonly nowSeconds: number;
}

/** Nothing else is printed, so that it can be sent into a file. Throws `proof-impossible`, `domain-invalid` and `onion-keys-…`. */
export async function runProofMakeCommand(
  options: ProofMakeOptions,
  out: (text: string) => void,
): Promise<number> {
  const proof = signProof(await openProofSigner(options), options);
  const text = formatProof(proof);
  const { domains } = proof.statement;
  out(options.txt ? domains.map((domain) => formatProofTxtRecord(domain, text)).join('') : text);
  return exitCode.ok;
}

function signProof(signer: ProofSigner, options: ProofMakeOptions): SignedProof {
  const { ports, days, nowSeconds } = options;
  const statement = composeStatement({
    onionAddress: signer.onionAddress,
    domains: chooseDomains(options),
    ports: ports.length > 0 ? ports : [signer.port],
    issuedSeconds: nowSeconds,
    expiresSeconds: nowSeconds + days * proofLimits.daySeconds,
  });
  const proof = { statement, signature: signer.sign(signedBytesOf(statement)) };
  // a wrong signature would be published, and seen by others first
  assertSigned(proof);
  return proof;
}

function chooseDomains({ domains, config }: ProofMakeOptions) {
  const chosen =
    domains.length > 0
      ? domains.map(parseDomainName)
      : config.domains.own.filter((domain) => !isUnderOnion(domain));
  if (chosen.length > 0) return chosen;
  throw new OnionmxError('proof-impossible', 'no proof can be made: no domain is named', {
    hint: 'name them, here or in domains.own: `onionmx proof make example.org`',
  });
}
