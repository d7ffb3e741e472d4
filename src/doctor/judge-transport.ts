/** Does Postfix ask us for every recipient, and does it know its own domains without us? */
import { join } from 'node:path';
import { type DoctorFinding, find } from './finding.ts';
import { hasAbsolutePath, type TransportTables } from './transport-tables.ts';

export interface TransportFacts {
  readonly tables: TransportTables;
  /** Absolute path of the first socketmap of the configuration. */
  readonly socketmap: string;
  readonly queueFolder: string;
  /** trivial-rewrite, which asks the tables, runs in a chroot. */
  readonly isRewriteChrooted: boolean;
  /** Of the tables before ours. */
  readonly earlier: readonly EarlierTable[];
  /** The domains that Postfix takes mail for, and those of `domains.own`. */
  readonly ownDomains: readonly string[];
  /** How many more there are, which were not asked for. */
  readonly untried: number;
  /** Tables of domains, such as those in a database, whose entries cannot be listed. */
  readonly unlisted: readonly string[];
  /** Where mail goes without our table: `relayhost`, `default_transport`. */
  readonly otherwise: string;
}

export interface EarlierTable {
  readonly table: string;
  /** `postmap -q` could ask it. */
  readonly isAsked: boolean;
  /** What it answers for an address in a domain that nobody has. */
  readonly forStrangers: string | undefined;
  /** The own domains that it answers for. */
  readonly settles: readonly string[];
}

const mostNamed = 5;

export function judgeTransport(facts: TransportFacts): readonly DoctorFinding[] {
  if (facts.tables.ours === undefined) return [judgeMissing(facts)];
  return [judgePlace(facts, facts.tables.ours), ...judgeOrder(facts), ...judgeOwnDomains(facts)];
}

function judgeMissing({ tables, socketmap, queueFolder, otherwise }: TransportFacts): DoctorFinding {
  const table = `socketmap:unix:${pathFor(queueFolder, socketmap)}:onionmx`;
  // one that was ours once would only make Postfix wait
  const others = tables.before.filter(
    (before) => !(tables.strangers.includes(before) && before.endsWith(':onionmx')),
  );
  const instead =
    tables.strangers.length === 0
      ? ''
      : `; it has ${tables.strangers.join(', ')}, where this onionmx does not answer`;
  return find(
    'error',
    'transport-maps',
    `transport_maps does not name ${socketmap}${instead}`,
    `Postfix never asks onionmx: all mail takes the clear net, and a recipient under .onion goes to ${otherwise}`,
    `postconf -e 'transport_maps = ${[...others, table].join(', ')}' && postfix reload`,
  );
}

function judgePlace(
  { isRewriteChrooted, queueFolder, socketmap }: TransportFacts,
  ours: string,
): DoctorFinding {
  if (!isRewriteChrooted || !hasAbsolutePath(ours))
    return find('ok', 'transport-maps', `Postfix asks ${ours}`);
  const relative = pathFor(queueFolder, socketmap);
  return find(
    'error',
    'transport-maps',
    `Postfix asks ${ours} from its chroot in ${queueFolder}`,
    'the path does not lead there from inside: every recipient is refused for now',
    relative.startsWith('/')
      ? `set \`lookup.socketmap\` to unix:${queueFolder}/onionmx/map.sock`
      : `write socketmap:unix:${relative}:onionmx in its place`,
  );
}

function judgeOrder({ earlier }: TransportFacts): readonly DoctorFinding[] {
  const catchAlls = earlier.filter(({ forStrangers }) => forStrangers !== undefined);
  const unknowns = earlier.filter(({ isAsked }) => !isAsked);
  return [
    ...catchAlls.map(({ table, forStrangers }) =>
      find(
        'error',
        'table-order',
        `${table} answers for every address (${forStrangers}), and stands before onionmx in transport_maps`,
        'Postfix takes the first answer: onionmx is never asked',
        'put it behind the socketmap of onionmx in transport_maps, then postfix reload',
      ),
    ),
    ...unknowns.map(({ table }) =>
      find(
        'unknown',
        'table-order',
        `${table} stands before onionmx and could not be asked`,
        `try: postmap -q someone@example.com '${table}'`,
      ),
    ),
    ...(catchAlls.length + unknowns.length > 0
      ? []
      : [find('ok', 'table-order', 'no table before onionmx answers for everybody')]),
  ];
}

function judgeOwnDomains(facts: TransportFacts): readonly DoctorFinding[] {
  const { ownDomains, unlisted } = facts;
  const unseen = unlisted.map((table) =>
    find('unknown', 'own-domains', `the domains of ${table} cannot be listed`, 'list yours in `domains.own`'),
  );
  if (ownDomains.length > 0) return [judgeKnownDomains(facts), ...unseen];
  if (unseen.length > 0) return unseen;
  return [find('unknown', 'own-domains', 'no domain of this host is known', 'list them in `domains.own`')];
}

function judgeKnownDomains({ earlier, ownDomains, untried }: TransportFacts): DoctorFinding {
  const settled = new Set(earlier.flatMap(({ settles }) => settles));
  const missing = ownDomains.filter((domain) => !settled.has(domain));
  if (missing.length === 0) {
    const rest = untried > 0 ? ` (${untried} more were not tried)` : '';
    return find(
      'ok',
      'own-domains',
      `Postfix knows your ${ownDomains.length} domains without asking onionmx${rest}`,
    );
  }
  const named = missing.slice(0, mostNamed);
  const more = missing.length > mostNamed ? ` and ${missing.length - mostNamed} more` : '';
  return find(
    'warning',
    'own-domains',
    `Postfix asks onionmx for your own ${named.join(', ')}${more}`,
    'while onionmx does not run, local mail waits too',
    `put a regexp table with /@(${named.map(escapeDots).join('|')})$/ : before it in transport_maps; \`onionmx setup sending\` shows it`,
  );
}

function escapeDots(domain: string): string {
  return domain.replaceAll('.', '\\.');
}

function pathFor(queueFolder: string, path: string): string {
  const inside = join(queueFolder, '/');
  return path.startsWith(inside) ? path.slice(inside.length) : path;
}
