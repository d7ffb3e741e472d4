/**
 * `onionmx check relay [target…]`: does this host pass on mail that is not for it? Without targets: what the
 * configuration of Postfix and Tor says about each onion service, and then what happens when strangers come through it.
 */
import type { Config } from '../config/schema.ts';
import { OnionmxError } from '../errors.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { auditReceiving } from '../relay-check/audit.ts';
import type { Finding } from '../relay-check/finding.ts';
import { readMailHost } from '../mail-host/read-mail-host.ts';
import { buildRelayAttempts } from '../relay-check/relay-attempts.ts';
import { findTargets, parseRelayTarget, type RelayTarget } from '../relay-check/relay-target.ts';
import { exitCode, exitCodeFor } from './exit-code.ts';
import { formatJson } from './json.ts';
import {
  findingToText,
  formatAttempt,
  formatResult,
  resultToJson,
  type TargetResult,
  unnamedToText,
} from './relay-report.ts';
import { tryRelayTarget } from './try-relay-target.ts';

export interface CheckRelayOptions {
  /** Empty: find them. */
  readonly targets: readonly string[];
  /** One of the domains that the host takes mail for; undefined: the first of `domains.own`. */
  readonly domain: string | undefined;
  /** Where the onion services are; undefined: Debian's torrc and the lines for our own tor. */
  readonly torrc: string | undefined;
  /** The folder of Postfix's configuration; undefined: its own default. */
  readonly postfix: string | undefined;
  /** Only print what would be tried. */
  readonly list: boolean;
  readonly json: boolean;
  readonly config: Config;
}

interface Plan {
  readonly findings: readonly Finding[];
  readonly targets: readonly RelayTarget[];
  /** Folders of onion services whose address cannot be read, so that they are not tried through Tor. */
  readonly unnamed: readonly string[];
}

/** The exit code is that of the worst: 77 when strangers can relay. */
export async function runCheckRelayCommand(
  options: CheckRelayOptions,
  out: (text: string) => void,
): Promise<number> {
  const ownDomain = findOwnDomain(options);
  const named = options.targets.map(parseRelayTarget);
  if (options.list) {
    const attempts = buildRelayAttempts({ ownDomain, ownOnion: ownOnionOf(named) });
    out(options.json ? formatJson(attempts) : attempts.map(formatAttempt).join(''));
    return exitCode.ok;
  }
  const { findings, targets, unnamed } =
    named.length > 0 ? { findings: [], targets: named, unnamed: [] } : await findPlan(options);
  if (!options.json) out([...findings.map(findingToText), ...unnamed.map(unnamedToText)].join(''));
  const results: TargetResult[] = [];
  for (const target of targets) {
    const result = await tryRelayTarget(target, ownDomain, ownOnionOf(targets), options.config);
    results.push(result);
    if (!options.json) out(formatResult(result));
  }
  if (options.json) out(formatJson({ findings, unnamed, targets: results.map(resultToJson) }));
  return worstOf([...findings.map(({ severity }) => codeOfSeverity[severity]), ...results.map(exitCodeOf)]);
}

async function findPlan({ torrc, postfix, config }: CheckRelayOptions): Promise<Plan> {
  const host = await readMailHost({ torrc, postfix, torrcLines: config.tor.extraTorrc });
  const findings = auditReceiving(host.listeners, host.services);
  const isForMail = (folder: string) => findings.some(({ service }) => service === folder);
  const unnamed = host.services
    .filter(({ folder, onionAddress }) => onionAddress === undefined && isForMail(folder))
    .map(({ folder }) => folder);
  if (findings.length > 0) return { findings, targets: findTargets(host), unnamed };
  throw new OnionmxError(
    'no-onion-service',
    `no onion service for mail in ${host.torrcSources.join(' and ')}`,
    {
      hint: 'name the file with --torrc; or what is to be tried: your onion address, 127.0.0.1:25, proxy:127.0.0.1:2515',
    },
  );
}

function findOwnDomain({ domain, config }: CheckRelayOptions): DomainName {
  if (domain !== undefined) return parseDomainName(domain);
  const [first] = config.domains.own;
  if (first !== undefined) return first;
  throw new OnionmxError('own-domain-unknown', 'no domain that this host takes mail for is known', {
    hint: 'name one: --domain example.org; or list your domains in `domains.own` of the configuration',
  });
}

function ownOnionOf(targets: readonly RelayTarget[]) {
  return targets.flatMap((target) => (target.kind === 'onion' ? [target.onionAddress] : []))[0];
}

/** Unclear counts as trouble that may pass: greylisting, a host that is busy. */
const codeOfVerdict = {
  open: exitCode.noPermission,
  closed: exitCode.ok,
  unclear: exitCode.temporary,
} as const;

/** A warning is to be read, and no reason to wake anybody. */
const codeOfSeverity = {
  open: exitCode.noPermission,
  broken: exitCode.config,
  warning: exitCode.ok,
  fine: exitCode.ok,
} as const;

function exitCodeOf({ report, outcomes, error }: TargetResult): number {
  if (outcomes.some(({ finding }) => finding === 'accepted')) return exitCode.noPermission;
  if (report !== undefined) return codeOfVerdict[report.verdict];
  return error === undefined ? exitCode.software : exitCodeFor(error);
}

function worstOf(codes: readonly number[]): number {
  return codes.includes(exitCode.noPermission) ? exitCode.noPermission : Math.max(exitCode.ok, ...codes);
}
