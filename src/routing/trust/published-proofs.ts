/**
 * The proofs that a domain itself publishes (docs/proofs.md): over HTTPS with a certificate for it, or in DNS that is signed. There both halves
 * come together: the onion service names the domain, and the domain shows that, in a way that nobody else can forge.
 */
import { OnionmxError, toOnionmxError } from '../../errors.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type DnsName, toDnsName } from '../../protocol/dns-name.ts';
import type { OnionAddress } from '../../protocol/onion-address.ts';
import { splitProofFile } from '../../protocol/proof-file.ts';
import { parseProof } from '../../protocol/proof-parser.ts';
import type { ProofStatement } from '../../protocol/proof-statement.ts';
import { decodeProofTxt, proofTxtName } from '../../protocol/proof-txt.ts';
import { verifyProof } from '../../protocol/proof-verification.ts';
import type { Lookup } from '../dns/resolver.ts';

export type ProofPlace = 'https' | 'dns';

export interface PublishedProof {
  readonly onionAddress: OnionAddress;
  readonly ports: readonly number[];
  readonly issuedSeconds: number;
  readonly expiresSeconds: number;
  readonly by: ProofPlace;
}

interface RefusedProof {
  readonly by: ProofPlace;
  /** A `proof-…` error. */
  readonly error: OnionmxError;
}

/** What one place had: `none` means that it publishes nothing, `failed` that this could not be found out. */
interface PlaceAnswer {
  readonly kind: 'found' | 'none' | 'not-asked' | 'failed';
  readonly said: string;
  readonly error?: OnionmxError;
}

export interface PublishedProofs {
  /** Those that hold for the domain now; of each onion service the newest, once from each place that has it. */
  readonly proofs: readonly PublishedProof[];
  readonly refused: readonly RefusedProof[];
  readonly places: Readonly<Record<ProofPlace, PlaceAnswer>>;
}

/** Never throws. */
export type FetchPublishedProofs = (domain: DomainName) => Promise<PublishedProofs>;

interface ProofSources {
  /** The well-known file, undefined where there is none; throws why it cannot be had. undefined: there is no way to it. */
  readonly getFile: ((domain: DomainName) => Promise<Buffer | undefined>) | undefined;
  readonly askTxt: (name: DnsName) => Promise<Lookup<'TXT'>>;
  /** Wall clock. */
  readonly nowSeconds: () => number;
}

interface Found {
  readonly answer: PlaceAnswer;
  /** The octets of each proof, or why there are none. */
  readonly texts: readonly (Buffer | OnionmxError)[];
}

const noWay = 'not asked: no Tor way to the clear net is known: set tor.exitSocks';

export function createProofFetcher({ getFile, askTxt, nowSeconds }: ProofSources): FetchPublishedProofs {
  return async (domain) => {
    const [https, dns] = await Promise.all([
      getFile === undefined ? notAsked(noWay) : findInFile(() => getFile(domain)),
      findInDns(domain, askTxt),
    ]);
    const checked = [
      ...https.texts.map((text) => check(text, domain, 'https', nowSeconds())),
      ...dns.texts.map((text) => check(text, domain, 'dns', nowSeconds())),
    ];
    return { ...keepNewest(checked), places: { https: https.answer, dns: dns.answer } };
  };
}

async function findInFile(getFile: () => Promise<Buffer | undefined>): Promise<Found> {
  try {
    const file = await getFile();
    if (file === undefined) return nothing('there is no such file');
    const texts = splitTexts(file);
    return { answer: { kind: 'found', said: countOf(texts) }, texts };
  } catch (thrown) {
    return failure(toOnionmxError(thrown));
  }
}

/** A file that has too many is one refusal. */
function splitTexts(file: Buffer): readonly (Buffer | OnionmxError)[] {
  try {
    return splitProofFile(file);
  } catch (thrown) {
    return [toOnionmxError(thrown)];
  }
}

async function findInDns(domain: DomainName, askTxt: ProofSources['askTxt']): Promise<Found> {
  const name = toDnsName(proofTxtName(domain));
  if (name === undefined) return nothing(`${domain} is too long for a record below it`);
  try {
    return readLookup(await askTxt(name));
  } catch (thrown) {
    return failure(toOnionmxError(thrown));
  }
}

function readLookup(lookup: Lookup<'TXT'>): Found {
  switch (lookup.kind) {
    case 'failed':
      return { answer: { kind: 'failed', said: `${lookup.detail} (${lookup.resolver})` }, texts: [] };
    case 'none':
      return nothing('there is no such record');
    case 'dead-end':
      return nothing(`it leads to ${lookup.target}: ${lookup.reason}`);
    case 'records': {
      const texts = lookup.records.map(({ text }) => decode(text)).filter((text) => text !== undefined);
      if (texts.length === 0) return nothing('there is no such record');
      // stops an attack: anybody on the way can put a record of his own into an answer that is not signed
      if (!lookup.authenticated)
        return nothing(
          `${countOf(texts)}, but no trusted resolver says that DNSSEC protects the answer: it does not count`,
        );
      return { answer: { kind: 'found', said: countOf(texts) }, texts };
    }
  }
}

/** undefined for records of another kind. */
function decode(text: string): Buffer | OnionmxError | undefined {
  try {
    return decodeProofTxt([Buffer.from(text, 'latin1')]);
  } catch (thrown) {
    return toOnionmxError(thrown);
  }
}

type Checked = { readonly by: ProofPlace } & (
  | { readonly statement: ProofStatement }
  | { readonly error: OnionmxError }
);

function check(text: Buffer | OnionmxError, domain: DomainName, by: ProofPlace, nowSeconds: number): Checked {
  if (text instanceof OnionmxError) return { by, error: text };
  try {
    return { by, statement: verifyProof(parseProof(text), { domain, nowSeconds }) };
  } catch (thrown) {
    return { by, error: toOnionmxError(thrown) };
  }
}

/** An older one that is still published somewhere was withdrawn by the newer one. */
function keepNewest(checked: readonly Checked[]): Omit<PublishedProofs, 'places'> {
  const proofs: PublishedProof[] = [];
  const refused: RefusedProof[] = [];
  const newest = new Map<OnionAddress, number>();
  for (const each of checked) {
    if ('error' in each) continue;
    const { onionAddress, issuedSeconds } = each.statement;
    newest.set(onionAddress, Math.max(issuedSeconds, newest.get(onionAddress) ?? issuedSeconds));
  }
  for (const each of checked) {
    if ('error' in each) {
      refused.push(each);
      continue;
    }
    const { onionAddress, ports, issuedSeconds, expiresSeconds } = each.statement;
    if (issuedSeconds < (newest.get(onionAddress) ?? 0))
      refused.push({ by: each.by, error: outdated(onionAddress) });
    else proofs.push({ onionAddress, ports, issuedSeconds, expiresSeconds, by: each.by });
  }
  return { proofs, refused };
}

function outdated(onionAddress: OnionAddress): OnionmxError {
  return new OnionmxError(
    'proof-replayed',
    `the proof of ${onionAddress} is an old one: the domain publishes a newer one too`,
    {
      hint: 'its operator has to take the old one out',
    },
  );
}

function notAsked(said: string): Found {
  return { answer: { kind: 'not-asked', said }, texts: [] };
}

function nothing(said: string): Found {
  return { answer: { kind: 'none', said }, texts: [] };
}

function failure(error: OnionmxError): Found {
  return { answer: { kind: 'failed', said: error.message, error }, texts: [] };
}

function countOf({ length }: { readonly length: number }): string {
  return length === 1 ? 'one proof' : `${length} proofs`;
}
