/** `onionmx setup dns`: the SRV records to publish for each own domain, and whether they are there yet. */
import type { Config } from '../../config/schema.ts';
import { type DomainName, isUnderOnion } from '../../protocol/domain-name.ts';
import { type Exchanger, formatExchanger } from '../../protocol/exchanger.ts';
import { formatSrvRecords, type RecordForm } from '../../protocol/srv-records.ts';
import type { SrvAnswer } from '../../routing/dns/srv-discovery.ts';
import { openResolver } from '../open-resolver.ts';
import { openDiscovery } from '../open-router.ts';

export interface DomainRecords {
  readonly domain: DomainName;
  /** What DNS says now, compared with what is to be there. */
  readonly state: string;
  readonly isPublished: boolean;
  /** In the form that was asked for, with a line end. */
  readonly records: string;
}

/** Asks the resolvers of the configuration, one question a domain. */
export async function findRecords(
  domains: readonly DomainName[],
  exchangers: readonly Exchanger[],
  form: RecordForm,
  config: Config,
): Promise<readonly DomainRecords[]> {
  if (exchangers.length === 0) return [];
  const discover = openDiscovery(config, await openResolver(config));
  return Promise.all(
    domains
      .filter((domain) => !isUnderOnion(domain))
      .map(async (domain) => {
        const { state, isPublished } = compare(await discover(domain), exchangers);
        return { domain, state, isPublished, records: formatSrvRecords(domain, exchangers, form) };
      }),
  );
}

function compare(answer: SrvAnswer, wanted: readonly Exchanger[]) {
  if (answer.kind === 'failed') return { state: `not known: DNS says ${answer.detail}`, isPublished: false };
  const published = answer.kind === 'found' ? answer.exchangers.map(formatExchanger) : [];
  const missing = wanted.map(formatExchanger).filter((name) => !published.includes(name));
  const others = published.filter((name) => !wanted.map(formatExchanger).includes(name));
  const signed = answer.kind === 'found' && answer.authenticated ? ', signed with DNSSEC' : '';
  const state =
    missing.length > 0
      ? `to publish${published.length === 0 ? '; nothing is there yet' : ''}`
      : `published${signed}`;
  const strangers = others.length === 0 ? '' : `; DNS also names ${others.join(', ')}: take them out`;
  return { state: `${state}${strangers}`, isPublished: missing.length === 0 && others.length === 0 };
}

export function recordsToText(found: readonly DomainRecords[]): string {
  if (found.length === 0)
    return 'SRV records: the onion service has no address yet. Once `onionmx serve` runs with it: onionmx setup dns\n';
  return found
    .map(({ domain, state, records }) => `SRV records of ${domain}: ${state}\n${indent(records)}`)
    .join('\n');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
