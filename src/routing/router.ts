/** Answers "where does mail for this domain go, and why?" by asking each source in turn, the strongest first. */
import { type DomainName, isUnderOnion } from '../protocol/domain-name.ts';
import { formatExchanger } from '../protocol/exchanger.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { decideOrdinaryDomain, type OrdinarySources } from './decide-ordinary-domain.ts';
import { decideForOnionAddress } from './decide-route.ts';
import type { MapEntry } from './map/domain-map.ts';
import type { ApplyOutage } from './outage/outage-step.ts';
import { onionAddressOf, ownOnionsAmong, preferredToUs } from './own-onions.ts';
import type { Decision, Route, RouteStep } from './route.ts';

export interface RouterSources extends OrdinarySources {
  readonly ownDomains: readonly DomainName[];
  /** The addresses of this host's onion services, besides those in `ownDomains`. Must not throw. */
  readonly ownOnions: () => Promise<readonly OnionAddress[]>;
  readonly ignoredDomains: readonly DomainName[];
  readonly map: { find(domain: DomainName): MapEntry | undefined };
  /** The last word: what becomes of an onion route while the onion is down. Without it, nothing does. */
  readonly applyOutage?: ApplyOutage | undefined;
}

export interface Router {
  /** Never throws; never asks DNS for a name under .onion. */
  route(domain: DomainName): Promise<Decision>;
}

/** One source's word: what it answered, and the route if that settles it. */
interface Word {
  readonly step: RouteStep;
  readonly route?: Route;
}

export function createRouter(sources: RouterSources): Router {
  const decideOrdinary = decideOrdinaryDomain(sources);
  const listedOnions = ownOnionsAmong(sources.ownDomains);
  const ownDomains = askList('own domains', sources.ownDomains, 'it is an own domain: mail stays here');
  const certainSources = [
    askList('ignored domains', sources.ignoredDomains, 'the configuration ignores it'),
    askAddress,
    (domain: DomainName) => askMap(sources.map.find(domain)),
    askSingleLabel,
  ];

  async function route(domain: DomainName): Promise<Decision> {
    const ownOnions = new Set([...listedOnions, ...(await sources.ownOnions())]);
    const isOwn = (address: OnionAddress) => ownOnions.has(address);
    const decision = keepOffOurselves(await decide(domain, isOwn), isOwn);
    return sources.applyOutage?.(domain, decision) ?? decision;
  }

  async function decide(domain: DomainName, isOwn: (address: OnionAddress) => boolean): Promise<Decision> {
    const steps: RouteStep[] = [];
    const askOwn = () => askOwnOnion(domain, isOwn) ?? ownDomains(domain);
    for (const ask of [askOwn, ...certainSources]) {
      const word = ask(domain);
      if (word === undefined) continue;
      steps.push(word.step);
      if (word.route !== undefined) return { route: word.route, steps };
    }
    const last = await decideOrdinary(domain);
    return { ...last, steps: [...steps, ...last.steps] };
  }

  return { route };
}

/** Also below it: a subdomain of an onion address belongs to its service (rend-spec-v3 §6). */
function askOwnOnion(domain: DomainName, isOwn: (address: OnionAddress) => boolean): Word | undefined {
  const address = onionAddressOf(domain);
  if (address === undefined || !isOwn(address)) return undefined;
  const reason = 'it is the address of an own onion service: mail stays here';
  return { step: { asked: 'own domains', answer: 'yes' }, route: { kind: 'clearnet', reason } };
}

/** Stops a loop: a record or a map can name this host as the exchanger of a domain that is not listed as own. */
function keepOffOurselves(decision: Decision, isOwn: (address: OnionAddress) => boolean): Decision {
  const { route, steps } = decision;
  if (route.kind !== 'onion') return decision;
  const exchangers = preferredToUs(route.exchangers, isOwn);
  if (exchangers === route.exchangers) return decision;
  if (exchangers !== undefined) {
    const answer = 'this host is one of them: only those that are preferred to it are used (RFC 5321 §5.1)';
    const step: RouteStep = { asked: 'own onion services', answer };
    return { ...decision, route: { ...route, exchangers }, steps: [...steps, step] };
  }
  const reason = 'its onion mail exchanger is an own onion service: mail stays here';
  const step: RouteStep = { asked: 'own onion services', answer: 'yes' };
  return { ...decision, route: { kind: 'clearnet', reason }, steps: [...steps, step] };
}

function askList(asked: RouteStep['asked'], domains: readonly DomainName[], reason: string) {
  const listed = new Set(domains);
  return (domain: DomainName): Word =>
    listed.has(domain)
      ? { step: { asked, answer: 'yes' }, route: { kind: 'clearnet', reason } }
      : { step: { asked, answer: 'no' } };
}

/** RFC 7686: this is where every name under .onion ends; the sources after it never see one. */
function askAddress(domain: DomainName): Word | undefined {
  if (!isUnderOnion(domain)) return undefined;
  const route = decideForOnionAddress(domain);
  const answer = route.kind === 'reject' ? route.reason : 'valid: the address is its own mail exchanger';
  return { step: { asked: 'onion address', answer }, route };
}

function askMap(entry: MapEntry | undefined): Word {
  if (entry === undefined) return { step: { asked: 'map', answer: 'no entry' } };
  const { exchangers, place } = entry;
  const answer = `${exchangers.map(formatExchanger).join(', ')} (${place})`;
  return { step: { asked: 'map', answer }, route: { kind: 'onion', exchangers, evidence: 'pinned' } };
}

/** `localhost`, or a name that the MTA has not completed: nobody can publish an SRV record for it. */
function askSingleLabel(domain: DomainName): Word | undefined {
  if (domain.includes('.')) return undefined;
  const route: Route = { kind: 'clearnet', reason: 'a name without a dot is not asked of DNS' };
  return { step: { asked: 'dns', answer: 'not asked: the name has no dot' }, route };
}
