/** The way to onion services: the program, its SocksPort, whether it is in the Tor network, and our own onion services through it. */
import { type DoctorFinding, type Failure, find } from './finding.ts';

export interface TorFacts {
  /** undefined: a Tor that runs already is used, and its version cannot be asked for. */
  readonly program: { readonly path: string; readonly version: string } | Failure | undefined;
  /** As in the configuration: `unix:/path` or `IP:PORT`. */
  readonly socks: string;
  readonly network: TorNetworkFacts;
  /** Onion services of ours ask for proof of work, and the program was built without it. */
  readonly lacksProofOfWork: boolean;
  /** Our own tor's words on how far it has come; undefined when they are not to be had. */
  readonly bootstrap: string | undefined;
  readonly onions: readonly OnionFacts[];
  /** Folders of onion services whose address cannot be read. */
  readonly unnamed: readonly string[];
}

/** What came of the question for an onion service that does not exist: only a Tor that is in the network can tell. */
export type TorNetworkFacts =
  | { readonly kind: 'answers'; readonly tellsReasons: boolean; readonly ms: number }
  | { readonly kind: 'no-network'; readonly error: Failure }
  | { readonly kind: 'no-socks'; readonly error: Failure };

export interface OnionFacts {
  /** `AAA.onion:25` */
  readonly name: string;
  /** undefined: the server there greeted us. */
  readonly error: Failure | undefined;
  /** It wants a key that our Tor has not: a closed group. */
  readonly isClosed: boolean;
}

/** What Debian 12 ships. Older series are not supported by the Tor Project any more. */
const oldestTor = [0, 4, 7] as const;

export function judgeTor(facts: TorFacts): readonly DoctorFinding[] {
  const isUp = facts.network.kind === 'answers';
  return [
    ...judgeProgram(facts.program),
    ...judgeProofOfWork(facts.lacksProofOfWork),
    ...judgeNetwork(facts),
    ...facts.onions.map((onion) => (isUp ? judgeOnion(onion) : untriedOnion(onion))),
    ...facts.unnamed.map(judgeUnnamed),
  ];
}

function judgeProgram(program: TorFacts['program']): readonly DoctorFinding[] {
  if (program === undefined) return [];
  if ('message' in program) return [find('error', 'tor-program', program.message, undefined, program.hint)];
  const fact = `${program.path} is version ${program.version}`;
  if (isAtLeast(program.version, oldestTor)) return [find('ok', 'tor-program', fact)];
  const reason = `older than ${oldestTor.join('.')}: the Tor Project does not support it any more`;
  return [find('warning', 'tor-program', fact, reason, 'apt install tor')];
}

function judgeProofOfWork(isMissing: boolean): readonly DoctorFinding[] {
  if (!isMissing) return [];
  const reason = 'in a flood of connections to your onion service, honest senders do not come through';
  const fact = 'tor has no proof of work: it is older than 0.4.8, or was built without it';
  return [find('warning', 'proof-of-work', fact, reason, 'tor --list-modules')];
}

function judgeNetwork({ program, network, socks, bootstrap }: TorFacts): readonly DoctorFinding[] {
  if (network.kind === 'no-socks') {
    const reason = 'without it no onion mail leaves; it waits in the queue of the mail server';
    const isOurs = program !== undefined;
    const next = isOurs ? 'onionmx serve (it starts this Tor, and its log says why not)' : network.error.hint;
    return [find('error', 'tor-socks', network.error.message, reason, next)];
  }
  const answers = find('ok', 'tor-socks', `Tor answers at ${socks}`);
  if (network.kind === 'no-network') {
    const words = bootstrap === undefined ? '' : `; it says of itself: ${bootstrap}`;
    const reason = `a firewall, no network, or a clock that is wrong keeps it out${words}`;
    const fact = `Tor cannot look up onion services: ${network.error.message}`;
    return [answers, find('error', 'tor-network', fact, reason, 'timedatectl; then the log of Tor')];
  }
  return [
    answers,
    find('ok', 'tor-network', `Tor is in the network: it looked for an onion service in ${network.ms} ms`),
    network.tellsReasons
      ? find('ok', 'socks-errors', `${socks} tells why an onion service cannot be reached`)
      : find(
          'warning',
          'socks-errors',
          `${socks} does not tell why an onion service cannot be reached`,
          'the SocksPort lacks the flag ExtendedErrors, so that the log cannot say whose fault it is',
          'torrc: add ExtendedErrors to the SocksPort line, then systemctl reload tor',
        ),
  ];
}

function judgeOnion({ name, error, isClosed }: OnionFacts): DoctorFinding {
  if (isClosed)
    return find(
      'unknown',
      'onion-service',
      `${name} lets in its closed group alone`,
      'this needs a key of the group',
    );
  if (error === undefined) return find('ok', 'onion-service', `${name} greets whoever comes through Tor`);
  const reason = 'so it is for everybody who wants to send you mail over Tor';
  return find('error', 'onion-service', `your ${error.message}`, reason, `onionmx probe ${name}`);
}

function untriedOnion({ name }: OnionFacts): DoctorFinding {
  return find('unknown', 'onion-service', `${name} was not tried`, 'this needs a Tor that is in the network');
}

function judgeUnnamed(folder: string): DoctorFinding {
  const reason = 'the address is not there yet, or this is not run as root';
  return find('unknown', 'onion-service', `${folder} was not tried: its hostname cannot be read`, reason);
}

function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, wanted] of oldest.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
