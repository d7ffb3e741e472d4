/** The SRV records (RFC 2782) to publish, in the form that each kind of name server takes them. */
import type { DomainName } from './domain-name.ts';
import type { Exchanger } from './exchanger.ts';

/** `zone`: lines for any zone file. The others are named for the server. `plain`: for a form on a web page. */
export const recordForms = ['zone', 'bind', 'nsd', 'powerdns', 'plain'] as const;
export type RecordForm = (typeof recordForms)[number];

const owner = '_onion-mx._tcp';
const ttlSeconds = 3600;

/** One text for a domain and all its exchangers, with a line end. */
export function formatSrvRecords(
  domain: DomainName,
  exchangers: readonly Exchanger[],
  form: RecordForm,
): string {
  return `${formats[form](domain, exchangers).join('\n')}\n`;
}

type Format = (domain: DomainName, exchangers: readonly Exchanger[]) => readonly string[];

const formats: Readonly<Record<RecordForm, Format>> = {
  zone: zoneLines,
  bind: (domain, exchangers) => [
    'nsupdate -l <<END',
    ...exchangers.map(
      (exchanger) => `update add ${ownerOf(domain)} ${ttlSeconds} SRV ${formatData(exchanger)}`,
    ),
    'send',
    'END',
  ],
  nsd: (domain, exchangers) => [
    ...zoneLines(domain, exchangers),
    `; raise the serial of the zone, then: nsd-control reload ${domain}`,
  ],
  powerdns: (domain, exchangers) =>
    exchangers.map(
      (exchanger) => `pdnsutil add-record ${domain} ${owner} SRV ${ttlSeconds} '${formatData(exchanger)}'`,
    ),
  plain: (domain, exchangers) =>
    exchangers.map(
      ({ onionAddress, port, priority, weight }) =>
        `name ${owner}.${domain}   type SRV   TTL ${ttlSeconds}   priority ${priority}   weight ${weight}   port ${port}   target ${onionAddress}`,
    ),
};

function zoneLines(domain: DomainName, exchangers: readonly Exchanger[]): readonly string[] {
  return exchangers.map((exchanger) => `${ownerOf(domain)} ${ttlSeconds} IN SRV ${formatData(exchanger)}`);
}

function ownerOf(domain: DomainName): string {
  return `${owner}.${domain}.`;
}

function formatData({ onionAddress, port, priority, weight }: Exchanger): string {
  return `${priority} ${weight} ${port} ${onionAddress}.`;
}
