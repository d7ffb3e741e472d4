/** The configuration, the map, the state folder, and the runtime. */
import { type DoctorFinding, type Failure, find } from './finding.ts';

export interface HostFacts {
  /** undefined: there is none, and the defaults hold. */
  readonly configFile: string | undefined;
  readonly map: { readonly domains: number; readonly warnings: readonly string[] } | Failure;
  readonly memory: MemoryFacts | Failure;
  readonly stateFolder: StateFolderFacts;
  readonly onionmxVersion: string;
  /** As process.versions.node. */
  readonly nodeVersion: string;
}

interface MemoryFacts {
  readonly domains: number;
  /** Domains of which DNS says something else than is remembered, and what, in words. */
  readonly doubted: readonly { readonly domain: string; readonly says: string }[];
}

interface StateFolderFacts {
  readonly path: string;
  /** undefined: it is not there; `hidden`: we may not look. */
  readonly found: { readonly mode: number; readonly uid: number } | 'hidden' | undefined;
  /** Who `serve` runs as, seen from its sockets; undefined: it does not run. */
  readonly serviceUid: number | undefined;
}

const oldestNode = [20, 19] as const;

export function judgeBrokenConfiguration({ message, hint }: Failure): DoctorFinding {
  return find('error', 'configuration', message, 'nothing else can be checked without it', hint);
}

export function judgeHost(facts: HostFacts): readonly DoctorFinding[] {
  const { configFile } = facts;
  const source = configFile ?? 'there is no configuration file: the defaults hold';
  return [
    find('ok', 'configuration', configFile === undefined ? source : `${source} is fine`),
    judgeMap(facts.map),
    ...judgeMemory(facts.memory),
    judgeStateFolder(facts.stateFolder),
    judgeNode(facts),
  ];
}

function judgeMap(map: HostFacts['map']): DoctorFinding {
  if ('message' in map)
    return find(
      'error',
      'map',
      map.message,
      'serve does not start with it, or goes on with the map it had',
      map.hint,
    );
  const fact = `the map has ${map.domains} domains`;
  if (map.warnings.length === 0) return find('ok', 'map', fact);
  return find('warning', 'map', `${fact} and ${map.warnings.length} warnings`, map.warnings.join('\n'));
}

function judgeMemory(memory: HostFacts['memory']): readonly DoctorFinding[] {
  if ('message' in memory) return [find('unknown', 'memory', memory.message, memory.hint)];
  const { domains, doubted } = memory;
  if (doubted.length === 0) return [find('ok', 'memory', `the onions of ${domains} domains are remembered`)];
  return doubted.map(({ domain, says }) =>
    find(
      'warning',
      'memory',
      `DNS says of ${domain} something else than is remembered: ${says}`,
      'without DNSSEC that may be a forged answer; its mail goes on to the onion that is remembered',
      `ask its operator by another way; onionmx memory show ${domain}`,
    ),
  );
}

function judgeStateFolder({ path, found, serviceUid }: StateFolderFacts): DoctorFinding {
  if (found === undefined)
    return find(
      'warning',
      'state-folder',
      `${path} is not there`,
      'the service makes it at its first start',
      'onionmx serve',
    );
  if (found === 'hidden')
    return find(
      'unknown',
      'state-folder',
      `${path} cannot be looked at`,
      'this needs root, or the user of the service',
    );
  const mode = found.mode.toString(8).padStart(4, '0');
  if ((found.mode & 0o077) !== 0)
    return find(
      'warning',
      'state-folder',
      `${path} has the mode ${mode}`,
      'it says who writes to whom, and others than its owner may look in',
      `chmod 700 ${path}`,
    );
  if (serviceUid !== undefined && serviceUid !== 0 && serviceUid !== found.uid)
    return find(
      'error',
      'state-folder',
      `${path} belongs to user ${found.uid}, and the service runs as ${serviceUid}`,
      'the service cannot keep its endpoints and its memory',
      `chown -R ${serviceUid} ${path}`,
    );
  return find('ok', 'state-folder', `${path} has the mode ${mode} and belongs to user ${found.uid}`);
}

function judgeNode({ nodeVersion, onionmxVersion }: HostFacts): DoctorFinding {
  const fact = `onionmx ${onionmxVersion} on Node.js ${nodeVersion}`;
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isOldEnough) return find('ok', 'node', fact);
  return find(
    'error',
    'node',
    fact,
    `it needs Node.js ${oldestNode.join('.')} or newer`,
    'apt install nodejs',
  );
}
