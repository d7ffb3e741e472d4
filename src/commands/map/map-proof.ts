/** Whether the proofs that a domain publishes (docs/proofs.md) bear out its entry in a map. */
import type { DomainName } from '../../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../../protocol/exchanger.ts';
import type {
  FetchPublishedProofs,
  PublishedProof,
  PublishedProofs,
} from '../../routing/trust/published-proofs.ts';

/** `valid`: each exchanger of the entry has a proof. `differs`: proofs hold, but some exchanger has none. `none`: nothing is published that counts. */
export interface ProofCheck {
  readonly result: 'valid' | 'differs' | 'refused' | 'none' | 'failed';
  readonly said: string;
}

export async function checkProof(
  domain: DomainName,
  exchangers: ExchangerSet,
  fetch: FetchPublishedProofs,
): Promise<ProofCheck> {
  return compareWithProofs(exchangers, await fetch(domain));
}

function compareWithProofs(
  exchangers: ExchangerSet,
  { proofs, refused, places }: PublishedProofs,
): ProofCheck {
  const unproved = exchangers.filter((exchanger) => !proofs.some((proof) => isAbout(proof, exchanger)));
  if (proofs.length > 0 && unproved.length === 0) return { result: 'valid', said: describe(proofs) };
  if (proofs.length > 0)
    return {
      result: 'differs',
      said: `none for ${unproved.map(formatExchanger).join(', ')}; ${describe(proofs)}`,
    };
  const [first] = refused;
  if (first !== undefined) return { result: 'refused', said: `${first.by}: ${first.error.message}` };
  const said = `https: ${places.https.said}; dns: ${places.dns.said}`;
  return {
    result: [places.https, places.dns].some(({ kind }) => kind === 'failed') ? 'failed' : 'none',
    said,
  };
}

function isAbout({ onionAddress, ports }: PublishedProof, exchanger: Exchanger): boolean {
  return onionAddress === exchanger.onionAddress && ports.includes(exchanger.port);
}

function describe(proofs: readonly PublishedProof[]): string {
  return proofs
    .map(({ by, onionAddress, ports }) => `${by}: ${onionAddress}, port ${ports.join(', ')}`)
    .join('; ');
}
