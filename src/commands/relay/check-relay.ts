/**
 * `onionmx check relay [target…]`: does this host pass on mail that is not for it? Without targets: what the
 * configurations of the mail server and Tor say about each onion service, and then what happens when strangers come through it.
 */
import { OnionmxError } from '../../errors.ts';
import { type DomainName, parseDomainName } from '../../protocol/domain-name.ts';
import { buildRelayAttempts } from '../../relay-check/relay-attempts.ts';
import { parseRelayTarget, type RelayTarget } from '../../relay-check/relay-target.ts';
import { exitCode, exitCodeFor } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { planRelayCheck, type RelayPlaces, type RelayPlan } from './relay-plan.ts';
import {
  formatAttempt,
  formatPlan,
  formatResult,
  planToJson,
  resultToJson,
  type TargetResult,
} from './relay-report.ts';
import { tryRelayTarget } from './try-relay-target.ts';

export interface CheckRelayOptions extends RelayPlaces {
  /** Empty: find them. */
  readonly targets: readonly string[];
  /** One of the domains that the host takes mail for; undefined: the first of `domains.own`. */
  readonly domain: string | undefined;
  /** Try the listeners too that no onion service leads to. */
  readonly all?: boolean;
  /** Hand one harmless message to each target that accepted a stranger. */
  readonly prove?: boolean;
  /** Only print what would be tried. */
  readonly list: boolean;
  readonly json: boolean;
}

/** The exit code is that of the worst: 77 when strangers can relay. */
export async function runCheckRelayCommand(
  options: CheckRelayOptions,
  out: (text: string) => void,
): Promise<number> {
  const { all = false } = options;
  const ownDomain = findOwnDomain(options);
  const named = options.targets.map(parseRelayTarget);
  if (options.list) {
    const attempts = buildRelayAttempts({ ownDomain, ownOnion: ownOnionOf(named) });
    out(options.json ? formatJson(attempts) : attempts.map(formatAttempt).join(''));
    return exitCode.ok;
  }
  const plan =
    named.length > 0 ? { ...nothingRead, targets: named } : await planRelayCheck(options, ownDomain);
  if (!options.json) out(formatPlan(plan, all));
  const results: TargetResult[] = [];
  for (const trial of trialsOf(plan, all)) {
    const result = await tryOne(trial, plan, ownDomain, options);
    results.push(result);
    if (!options.json) out(formatResult(result));
  }
  if (options.json) out(formatJson({ ...planToJson(plan), targets: results.map(resultToJson) }));
  return worstOf([
    ...plan.findings.map(({ severity }) => codeOfSeverity[severity]),
    ...results.map(exitCodeOf),
  ]);
}

const nothingRead: RelayPlan = {
  findings: [],
  targets: [],
  others: [],
  untried: [],
  unnamed: [],
  unread: undefined,
};

interface Trial {
  readonly target: RelayTarget;
  /** No onion service leads there: local programs may relay. */
  readonly isLocalOnly: boolean;
}

function trialsOf({ targets, others }: RelayPlan, all: boolean): readonly Trial[] {
  return [
    ...targets.map((target) => ({ target, isLocalOnly: false })),
    ...(all ? others : []).map((target) => ({ target, isLocalOnly: true })),
  ];
}

async function tryOne(
  { target, isLocalOnly }: Trial,
  { targets }: RelayPlan,
  ownDomain: DomainName,
  { prove = false, config }: CheckRelayOptions,
): Promise<TargetResult> {
  // what local programs may do needs no proof
  const proves = prove && !isLocalOnly;
  const result = await tryRelayTarget(target, ownDomain, ownOnionOf(targets), config, proves);
  return { ...result, isLocalOnly };
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

function exitCodeOf({ report, outcomes, error, isLocalOnly }: TargetResult): number {
  if (isLocalOnly === true) return exitCode.ok;
  if (outcomes.some(({ finding }) => finding === 'accepted')) return exitCode.noPermission;
  if (report !== undefined) return codeOfVerdict[report.verdict];
  return error === undefined ? exitCode.software : exitCodeFor(error);
}

function worstOf(codes: readonly number[]): number {
  return codes.includes(exitCode.noPermission) ? exitCode.noPermission : Math.max(exitCode.ok, ...codes);
}
