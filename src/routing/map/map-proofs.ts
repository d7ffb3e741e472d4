/**
 * The proofs that lie beside a file of the map, one after another in a file that has `.proofs` behind its name: each is the word of an
 * onion service that it takes mail for a domain. It is no evidence that the domain wants it (docs/proofs.md), but who keeps a map for others sees by it
 * that an entry is no slip, and nobody's joke.
 */
import { readFile } from 'node:fs/promises';
import { isAbsent, messageOf, OnionmxError } from '../../errors.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import type { Exchanger } from '../../protocol/exchanger.ts';
import { splitProofFile } from '../../protocol/proof-file.ts';
import { parseProof } from '../../protocol/proof-parser.ts';
import type { ProofStatement } from '../../protocol/proof-statement.ts';
import { verifyProof } from '../../protocol/proof-verification.ts';
import type { MapEntry } from './domain-map.ts';

interface ProofText {
  readonly file: string;
  readonly bytes: Buffer;
}

export interface MapProofs {
  /** How many exchangers of the map have a proof that holds, and how many have none. */
  readonly proved: number;
  readonly unproved: number;
  /** `file: proof 3: what` */
  readonly warnings: readonly string[];
}

/** As many as a map may have onion services. */
const maxProofs = 10_000;

/** Those that are there. Throws `map-unreadable`. */
export async function readProofsBeside(mapFiles: readonly string[]): Promise<readonly ProofText[]> {
  const texts: ProofText[] = [];
  for (const mapFile of mapFiles) {
    const file = `${mapFile}.proofs`;
    try {
      texts.push({ file, bytes: await readFile(file) });
    } catch (cause) {
      if (isAbsent(cause)) continue;
      throw new OnionmxError('map-unreadable', `cannot read ${file}: ${messageOf(cause)}`, {
        hint: `look whether it may be read: ls -l ${file}`,
        cause,
      });
    }
  }
  return texts;
}

/** undefined when there are no proofs beside the map. */
export function reviewMapProofs(
  texts: readonly ProofText[],
  entries: ReadonlyMap<DomainName, MapEntry>,
  nowSeconds: number,
): MapProofs | undefined {
  if (texts.length === 0) return undefined;
  const read = texts.flatMap((text) => readProofs(text, nowSeconds));
  const holding = read.filter((each) => typeof each !== 'string');
  const exchangers = [...entries].flatMap(([domain, entry]) =>
    entry.exchangers.map((exchanger) => ({ domain, exchanger })),
  );
  const proved = exchangers.filter(({ domain, exchanger }) =>
    holding.some((statement) => isAbout(statement, domain, exchanger)),
  ).length;
  const warnings = read.filter((each) => typeof each === 'string');
  return { proved, unproved: exchangers.length - proved, warnings };
}

/** What each says, or what is wrong with it. */
function readProofs({ file, bytes }: ProofText, nowSeconds: number): (ProofStatement | string)[] {
  try {
    return splitProofFile(bytes, maxProofs).map((text, index) => {
      try {
        const proof = parseProof(text);
        for (const domain of proof.statement.domains) verifyProof(proof, { domain, nowSeconds });
        return proof.statement;
      } catch (thrown) {
        return `${file}: proof ${index + 1}: ${messageOf(thrown)}`;
      }
    });
  } catch (thrown) {
    return [`${file}: ${messageOf(thrown)}`];
  }
}

function isAbout(
  { onionAddress, domains, ports }: ProofStatement,
  domain: DomainName,
  exchanger: Exchanger,
): boolean {
  return (
    onionAddress === exchanger.onionAddress && domains.includes(domain) && ports.includes(exchanger.port)
  );
}
