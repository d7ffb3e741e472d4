/** `onionmx proof check`: what a domain publishes, fetched as others fetch it, and what they make of it. */
import type { Config } from '../../config/schema.ts';
import type { OnionmxError } from '../../errors.ts';
import { parseDomainName } from '../../protocol/domain-name.ts';
import { proofLimits } from '../../protocol/proof-statement.ts';
import { formatProofTime } from '../../protocol/proof-time.ts';
import type { ProofPlace, PublishedProof, PublishedProofs } from '../../routing/trust/published-proofs.ts';
import { exitCode, exitCodeFor } from '../exit-code.ts';
import { errorToJson, formatJson } from '../json.ts';
import { openPublishedProofs } from '../open-published-proofs.ts';
import { openResolver } from '../open-resolver.ts';

export interface ProofCheckOptions {
  readonly domain: string;
  readonly json: boolean;
  readonly config: Config;
  readonly nowSeconds: number;
  /** For tests. */
  readonly ca?: string;
}

/** 0 when a proof holds; 65 when what there is does not; 68 when there is none; else why it cannot be found out. Throws `domain-invalid`. */
export async function runProofCheckCommand(
  { domain: text, json, config, nowSeconds, ca }: ProofCheckOptions,
  out: (text: string) => void,
): Promise<number> {
  const domain = parseDomainName(text);
  const resolver = await openResolver(config);
  const found = await openPublishedProofs(config, resolver, ca)(domain);
  out(json ? formatJson(toJson(domain, found)) : toText(domain, found, nowSeconds));
  return exitCodeOf(found);
}

const placeNames: Readonly<Record<ProofPlace, (domain: string) => string>> = {
  https: (domain) => `https://${domain}/.well-known/onion-mx`,
  dns: (domain) => `TXT _onion-mx-proof.${domain}`,
};
const places: readonly ProofPlace[] = ['https', 'dns'];

function toText(domain: string, found: PublishedProofs, nowSeconds: number): string {
  const lines = places.flatMap((place) => [
    placeNames[place](domain),
    `  ${found.places[place].said}`,
    ...found.proofs
      .filter(({ by }) => by === place)
      .map((proof) => `  valid: ${describe(proof, nowSeconds)}`),
    ...found.refused.filter(({ by }) => by === place).flatMap(({ error }) => describeRefusal(error)),
  ]);
  return `${lines.join('\n')}\n${sumUp(found)}\n`;
}

function describe({ onionAddress, ports, expiresSeconds }: PublishedProof, nowSeconds: number): string {
  const days = Math.floor((expiresSeconds - nowSeconds) / proofLimits.daySeconds);
  return `${onionAddress}, port ${ports.join(', ')}, until ${formatProofTime(expiresSeconds)} (${days} whole days from now)`;
}

function describeRefusal({ message, hint }: OnionmxError): readonly string[] {
  return [`  not valid: ${message}`, ...(hint === undefined ? [] : [`    ${hint}`])];
}

function sumUp({ proofs, refused, places: answers }: PublishedProofs): string {
  if (proofs.length > 0)
    return 'The domain and the onion service name each other: others take this as evidence "proved".';
  if (refused.length > 0) return 'No proof holds: others go by the SRV record alone.';
  if (places.some((place) => answers[place].kind === 'failed')) return 'Not all could be asked.';
  return 'The domain publishes no proof that counts.';
}

function toJson(domain: string, { proofs, refused, places: answers }: PublishedProofs) {
  return {
    domain,
    places: places.map((place) => {
      const { error, ...answer } = answers[place];
      return { place, ...answer, error: errorToJson(error) };
    }),
    proofs: proofs.map(({ issuedSeconds, expiresSeconds, ...proof }) => ({
      ...proof,
      issued: formatProofTime(issuedSeconds),
      expires: formatProofTime(expiresSeconds),
    })),
    refused: refused.map(({ by, error }) => ({ by, error: errorToJson(error) })),
  };
}

function exitCodeOf({ proofs, refused, places: answers }: PublishedProofs): number {
  if (proofs.length > 0) return exitCode.ok;
  if (refused.length > 0) return exitCode.dataError;
  const failed = places.map((place) => answers[place]).find(({ kind }) => kind === 'failed');
  if (failed === undefined) return exitCode.noHost;
  return failed.error === undefined ? exitCode.temporary : exitCodeFor(failed.error);
}
