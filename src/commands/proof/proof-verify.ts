/** `onionmx proof verify`: what a proof says, and whether it holds. It is the onion's half alone, and the text says so. */
import { type OnionmxError, toOnionmxError } from '../../errors.ts';
import { parseDomainName } from '../../protocol/domain-name.ts';
import { assertSigned, type SignedProof } from '../../protocol/proof-signature.ts';
import { proofLimits, type ProofStatement } from '../../protocol/proof-statement.ts';
import { formatProofTime } from '../../protocol/proof-time.ts';
import { verifyProof } from '../../protocol/proof-verification.ts';
import { exitCode } from '../exit-code.ts';
import { errorToJson, formatJson } from '../json.ts';
import { parseProofOnion } from './proof-onion.ts';
import { readProof } from './proof-input.ts';

export interface ProofVerifyOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly domain: string | undefined;
  /** An onion address, with or without a port. */
  readonly onion: string | undefined;
  /** The file of the newest proof that was seen before. */
  readonly known: string | undefined;
  readonly json: boolean;
  readonly nowSeconds: number;
}

interface Verdict {
  readonly statement: ProofStatement | undefined;
  /** undefined: it holds. */
  readonly error: OnionmxError | undefined;
}

/** Throws `proof-unreadable`, `domain-invalid`, `address-…`, `port-invalid`, and what is wrong with `known`; the rest is the verdict. */
export async function runProofVerifyCommand(
  options: ProofVerifyOptions,
  out: (text: string) => void,
): Promise<number> {
  const verdict = await judgeProof(options);
  out(options.json ? formatJson(toJson(verdict)) : toText(verdict, options.nowSeconds));
  return verdict.error === undefined ? exitCode.ok : exitCode.dataError;
}

async function judgeProof(options: ProofVerifyOptions): Promise<Verdict> {
  const domain = options.domain === undefined ? undefined : parseDomainName(options.domain);
  const expected = { ...parseProofOnion(options.onion), nowSeconds: options.nowSeconds };
  const known = options.known === undefined ? undefined : await readKnownProof(options.known);
  let proof: SignedProof | undefined;
  try {
    const read = await readProof(options.file);
    proof = read;
    for (const each of domain === undefined ? read.statement.domains : [domain])
      verifyProof(read, { ...expected, domain: each, newestSeen: known });
    return { statement: read.statement, error: undefined };
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    if (!error.code.startsWith('proof-') || error.code === 'proof-unreadable') throw error;
    return { statement: proof?.statement, error };
  }
}

/** A forged one would have every other refused. */
async function readKnownProof(file: string): Promise<ProofStatement> {
  const known = await readProof(file);
  assertSigned(known);
  return known.statement;
}

const halfText = `This is the onion's half alone. Whoever runs an onion service can sign this for any domain: it is no evidence until the
domain itself names this onion address, authenticated: by publishing this proof (see: onionmx proof check DOMAIN), or by an SRV record with DNSSEC.
`;

function toText({ statement, error }: Verdict, nowSeconds: number): string {
  const said = statement === undefined ? '' : `${describe(statement, nowSeconds)}\n`;
  if (error === undefined)
    return `${said}valid: this onion service says that it takes mail for these domains.\n${halfText}`;
  const hint = error.hint === undefined ? '' : `\n${error.hint}`;
  return `${said}not valid: ${error.message}${hint}\n`;
}

function describe(statement: ProofStatement, nowSeconds: number): string {
  const { onionAddress, domains, ports, issuedSeconds, expiresSeconds } = statement;
  const days = Math.floor((expiresSeconds - nowSeconds) / proofLimits.daySeconds);
  const left = days < 0 ? '' : ` (${days} whole days from now)`;
  return `onion    ${onionAddress}
domains  ${domains.join(', ')}
ports    ${ports.join(', ')}
issued   ${formatProofTime(issuedSeconds)}
expires  ${formatProofTime(expiresSeconds)}${left}
`;
}

function toJson({ statement, error }: Verdict) {
  return {
    valid: error === undefined,
    // what a script must not overlook: the domain's half is not looked at here
    halves: { onion: error === undefined, domain: null },
    statement: statement === undefined ? null : statementToJson(statement),
    error: errorToJson(error),
  };
}

function statementToJson({ issuedSeconds, expiresSeconds, ...rest }: ProofStatement) {
  return { ...rest, issued: formatProofTime(issuedSeconds), expires: formatProofTime(expiresSeconds) };
}
