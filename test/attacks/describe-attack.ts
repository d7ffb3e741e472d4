/** What a story of an attack is told with: what the name server says, what the service makes of it, and what the peers would have done. */
import { join } from 'node:path';
import { askSocketmap } from '../e2e/bed/ask-socketmap.ts';
import type { CertificateAuthority, IssuedCertificate } from '../e2e/bed/certificates.ts';
import type { Dns } from '../e2e/bed/dns.ts';
import type { ServedKind } from '../e2e/bed/dns-zones.ts';
import type { HttpsServer } from '../e2e/bed/https-server.ts';
import type { Postfix } from '../e2e/bed/postfix.ts';
import { readTail } from '../e2e/bed/read-tail.ts';
import type { Bed } from '../e2e/bed/start-bed.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import type { LogLine, Onionmx } from '../e2e/onionmx-process.ts';
import { clearNetRecords } from './attack-hosts.ts';
import { askPeersRule } from './peers-rule.ts';
import type { MailTrace } from './trace-mail.ts';

export interface AttackBed extends MailTrace {
  readonly bed: Bed;
  readonly dns: Dns;
  readonly sender: Postfix;
  readonly onionmx: Onionmx;
  readonly authority: CertificateAuthority;
  /** Of all mail and web servers on the clear net, and of the true onion. */
  readonly certificate: IssuedCertificate;
  /** The web servers of all domains. */
  readonly web: HttpsServer;
  /** Onion addresses. */
  readonly good: string;
  readonly evil: string;
  /** What the name server says of a domain from now on, besides its mail server and its web server. */
  readonly publish: (domain: string, lines: string | readonly string[], kind?: ServedKind) => Promise<void>;
  /** Where the peers' rule would send mail for the domain now: `good`, `evil`, `clear net`, or another name. */
  readonly peersRule: (domain: string) => Promise<string>;
  /** What the log of the service says of a domain, debug and deliveries aside: `warn: DNS says …`. */
  readonly said: (domain: string) => Promise<readonly string[]>;
  readonly warnings: (domain: string) => Promise<readonly LogLine[]>;
  /** The first warning about a domain, when it comes. */
  readonly waitForWarning: (domain: string) => Promise<LogLine>;
  /** What was found when what the domain publishes, and what its exchangers show, was looked at so many times. */
  readonly waitForLook: (domain: string, count?: number) => Promise<string>;
  /** What the service tells Postfix. */
  readonly answer: (domain: string) => Promise<string>;
  /** What `onionmx lookup` answers about the route. */
  readonly explain: (domain: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const delivered = 'the exchanger answered for a recipient';

interface AttackParts {
  readonly bed: Bed;
  readonly onionmx: Onionmx;
  readonly authority: CertificateAuthority;
  readonly certificate: IssuedCertificate;
  readonly web: HttpsServer;
  readonly trace: MailTrace;
}

export function describeAttackBed({ trace, ...parts }: AttackParts): AttackBed {
  const { bed, onionmx } = parts;
  const dns = bed.dns();
  const mapSocket = join(bed.postfix('a').queueDirectory, 'onionmx/map.sock');
  const [good, evil] = [bed.onionHost('good').onionAddress, bed.onionHost('evil').onionAddress];
  const names = new Map([
    [good, 'good'],
    [evil, 'evil'],
  ]);
  const linesOf = async (domain: string) =>
    (await onionmx.logLines()).filter((line) => line['domain'] === domain && line.level !== 'debug');
  return {
    ...trace,
    ...parts,
    sender: bed.postfix('a'),
    dns,
    good,
    evil,
    publish: (domain, lines, kind) =>
      dns.setRecords(domain, [...clearNetRecords(), ...[lines].flat()].join('\n'), kind),
    peersRule: async (domain) => {
      const target = await askPeersRule(dns.resolver, domain);
      return names.get(target) ?? target;
    },
    said: async (domain) =>
      (await linesOf(domain))
        .filter(({ msg }) => msg !== delivered)
        .map(({ level, msg }) => `${level}: ${msg}`),
    warnings: async (domain) => (await linesOf(domain)).filter(({ level }) => level === 'warn'),
    waitForWarning: (domain) =>
      onionmx.waitForLog(
        (line) => line['domain'] === domain && line.level === 'warn',
        `a warning about ${domain}`,
      ),
    waitForLook: async (domain, count = 1) => {
      const find = async () => (await onionmx.logLines()).filter(isLookAt(domain))[count - 1];
      const explanation = { explain: () => endOfLog(onionmx) };
      const line = await waitFor(`look ${count} at ${domain}`, find, 60_000, explanation);
      return JSON.stringify(line['found']);
    },
    answer: async (domain) => (await askSocketmap(mapSocket, `bob@${domain}`)).text,
    explain: async (domain) => (await onionmx.run('lookup', `bob@${domain}`)).stdout,
    stop: bed.stop,
  };
}

export function endOfLog({ stateFolder }: Pick<Onionmx, 'stateFolder'>): string {
  return `--- the end of onionmx's log\n${readTail(join(stateFolder, '../onionmx.log'))}`;
}

function isLookAt(domain: string): (line: LogLine) => boolean {
  return (line) => line['domain'] === domain && Array.isArray(line['found']);
}
