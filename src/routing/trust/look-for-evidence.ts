/**
 * Looks for evidence of the exchangers of a domain, behind the lookups, which never wait for Tor: what the domain publishes, and
 * which certificate the exchangers show. What is found goes into the memory.
 */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import {
  type Exchanger,
  type ExchangerSet,
  endpointNameOf,
  formatExchanger,
  isPartOf,
  toExchangerSet,
} from '../../protocol/exchanger.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { FetchPublishedProofs, PublishedProof, PublishedProofs } from './published-proofs.ts';
import type { RouteMemory } from '../memory/route-memory.ts';
import { createWorkQueue } from '../work-queue.ts';
import { type Findings, type FindingsEvent, weighFindings } from './weigh-findings.ts';

export interface EvidenceQuestion {
  readonly domain: DomainName;
  /** Those that DNS names now; undefined: it names none, or fails. */
  readonly named: ExchangerSet | undefined;
  /** Those of the memory: mail goes to them, and their certificates are looked at. */
  readonly exchangers: ExchangerSet;
  /** The names of which a certificate must have one, as in an MTA-STS policy; empty: certificates are not looked at. */
  readonly certificateNames: readonly string[];
  /** false: there may be others, which are not known now, so a certificate without these is no wrong one yet. */
  readonly areAllNames: boolean;
}

/** Returns at once. */
export type LookForEvidence = (question: EvidenceQuestion) => void;

/** `isGood` undefined: it could not be seen. */
export interface CertificateLook {
  readonly isGood: boolean | undefined;
  readonly found: string;
}

interface EvidenceSources {
  readonly fetchProofs: FetchPublishedProofs;
  /** Must not throw. */
  readonly lookAtCertificate: (exchanger: Exchanger, names: readonly string[]) => Promise<CertificateLook>;
  readonly memory: RouteMemory;
  /** For how long a domain is remembered; 0: nothing is, so there is no place for evidence. */
  readonly keepMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

const maxAtOnce = 4;
/** Bounds what a stranger can make us do by mail that bounces to many domains. */
const maxWaiting = 1000;
const maxLooked = 10_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;

export function createEvidenceSeeker(sources: EvidenceSources): LookForEvidence {
  const { memory, keepMs, now, clock, log } = sources;
  const looked = new BoundedMap<string, number>(maxLooked);
  const enqueue = createWorkQueue(maxAtOnce, maxWaiting);

  async function look(question: EvidenceQuestion, key: string): Promise<void> {
    const { domain } = question;
    const findings = await seek(question, sources);
    looked.set(key, now() + restMs(findings, question));
    await memory.revise(domain, (known) => {
      const { entry, event } = weighFindings(findings, known, { nowMs: clock(), keepMs });
      const isNews = known?.check?.found.join('\n') !== findings.found.join('\n');
      if (event !== undefined || isNews) tell(log, question, findings, event);
      return { entry, result: undefined };
    });
  }

  return (question) => {
    if (keepMs === 0) return;
    const { domain } = question;
    const key = keyOf(question);
    if (now() < (looked.get(key) ?? 0)) return;
    const looking = enqueue(() => look(question, key));
    if (looking === undefined) return;
    // until it is done, nobody asks again
    looked.set(key, now() + hourMs);
    looking.catch((thrown: unknown) => {
      log.error({ domain, ...errorFields(toOnionmxError(thrown)) }, 'evidence cannot be looked for');
    });
  };
}

/** Another question about the same domain is asked at once. */
function keyOf({ domain, named, exchangers, certificateNames }: EvidenceQuestion): string {
  const dns = named === undefined ? 'none' : endpointNameOf(named);
  return [domain, endpointNameOf(exchangers), dns, ...certificateNames].join(' ');
}

/** What was found holds for a day; where there was nothing, it is tried again sooner, and soonest where mail depends on it. */
function restMs({ proved, isCertified, isTorWell }: Sought, { certificateNames }: EvidenceQuestion): number {
  if (!isTorWell) return minuteMs;
  if (proved !== undefined || isCertified === true) return 24 * hourMs;
  return certificateNames.length > 0 ? hourMs : 6 * hourMs;
}

interface Sought extends Findings {
  /** Our own Tor works, as far as that was seen. */
  readonly isTorWell: boolean;
}

async function seek(
  { domain, named, exchangers, certificateNames, areAllNames }: EvidenceQuestion,
  { fetchProofs, lookAtCertificate, clock, keepMs }: EvidenceSources,
): Promise<Sought> {
  const published = await fetchProofs(domain);
  const proved = toProved(published.proofs, clock() + keepMs);
  const found = describePublished(published);
  const isTorWell = published.places.https.error?.place !== 'tor';
  const facts = { named, exchangers, proved, isTorWell };
  const isProved = proved !== undefined && isPartOf(exchangers, proved.exchangers);
  if (certificateNames.length === 0 || isProved) return { ...facts, isCertified: undefined, found };
  const looks = await Promise.all(exchangers.map((each) => lookAtCertificate(each, certificateNames)));
  return {
    ...facts,
    isCertified: judgeLooks(looks, areAllNames),
    found: [...found, ...looks.map((each) => each.found), ...(areAllNames ? [] : [namesMissing])],
  };
}

function describePublished({ proofs, refused, places }: PublishedProofs): readonly string[] {
  return [
    `by HTTPS: ${places.https.said}`,
    `by DNS: ${places.dns.said}`,
    ...proofs.map(({ onionAddress, by }) => `a proof of ${onionAddress} holds (${by})`),
    ...refused.map(({ error, by }) => `a proof does not hold (${by}): ${error.message}`),
  ];
}

/** When they are known, the same look means something else. */
const namesMissing = 'which other names its certificate may have is not known yet';

/** An exchanger that does not answer now says nothing against the others' certificates, nor for the set. */
function judgeLooks(looks: readonly CertificateLook[], areAllNames: boolean): boolean | undefined {
  if (looks.some(({ isGood }) => isGood === false)) return areAllNames ? false : undefined;
  return looks.every(({ isGood }) => isGood === true) ? true : undefined;
}

function toProved(proofs: readonly PublishedProof[], latestMs: number): Findings['proved'] {
  const exchangers = toExchangerSet(
    proofs.flatMap(({ onionAddress, ports }) =>
      ports.map((port) => ({ onionAddress, port, priority: 0, weight: 0 })),
    ),
  );
  if (exchangers === undefined) return undefined;
  const ends = proofs.map(({ expiresSeconds }) => expiresSeconds * 1000);
  return { exchangers, untilMs: Math.min(latestMs, ...ends) };
}

/** A warning only where it looks like an attack. */
function tell(
  log: Log,
  { domain, named, exchangers }: EvidenceQuestion,
  { proved, isCertified, found }: Findings,
  event: FindingsEvent | undefined,
): void {
  const fields = {
    domain,
    exchangers: exchangers.map(formatExchanger),
    ...(named === undefined ? {} : { dns: named.map(formatExchanger) }),
    ...(proved === undefined ? {} : { proved: proved.exchangers.map(formatExchanger) }),
    found,
  };
  const told = event ?? (isCertified === false ? 'refuted' : undefined);
  if (told === 'overruled' || told === 'refuted') {
    const hint = `see \`onionmx memory show ${domain}\`, and ask its operator by another way`;
    log.warn({ ...fields, hint }, texts[told]);
  } else if (told === undefined) log.debug(fields, 'evidence of an onion was looked for');
  else log.info(fields, texts[told]);
}

const texts: Readonly<Record<FindingsEvent, string>> = {
  proved: 'a domain and its onion name each other, both authenticated: its evidence is "proved" now',
  certified: 'the exchangers of a domain show certificates for it: its evidence is "certificate" now',
  changed: 'a domain has changed its onion mail exchangers, and proves it: they are taken at once',
  overruled:
    'DNS has named onion mail exchangers for which the domain publishes no proof: mail goes to those that it has proved',
  refuted: 'an onion mail exchanger of a domain shows no certificate for it: it may be somebody else’s',
};
