/**
 * `onionmx setup [part…]`: what has to change on this host, as a diff with the reasons; with --apply it is done, tried, and
 * taken back when it does not work; --undo takes it back later.
 */
import { join } from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { onionListenerAddress } from '../../mail-host/onion-listener.ts';
import { applyPlan, refuseUnfinished } from '../../setup/apply-plan.ts';
import { formatDiff, formatPlan } from '../../setup/format-plan.ts';
import { hostHands } from '../../setup/host-hands.ts';
import { emptyPlan, formatDeed, type Plan } from '../../setup/plan.ts';
import { undoSetup } from '../../setup/undo-setup.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { findOwnExchangers } from '../own-exchangers.ts';
import { type PlannedSetup, planSetup } from './plan-setup.ts';
import type { SetupCommandOptions } from './setup-options.ts';
import { type DomainRecords, findRecords, recordsToText } from './publish-records.ts';
import { verifyListener } from './verify-listener.ts';

export async function runSetupCommand(
  options: SetupCommandOptions,
  out: (text: string) => void,
): Promise<number> {
  if (options.undo) return undo(options, out);
  if (options.apply) await refuseUnfinished(journalFolderOf(options.config));
  const wantsMore = options.parts.length === 0 || options.parts.some((part) => part !== 'dns');
  const planned = wantsMore ? await planSetup(options) : nothingPlanned(options.config);
  const applies = options.apply && planned.plan.changes.length > 0;
  if (!options.json && wantsMore) out(planToText(planned, options));
  const untried = applies ? await apply(planned, options) : undefined;
  if (!options.json && applies) out(doneText(untried));
  const records = await readRecords(planned, options);
  if (options.json) out(planToJson(planned, applies, records));
  else if (records !== undefined) out(`${wantsMore ? '\n' : ''}${recordsToText(records)}`);
  return exitCode.ok;
}

function nothingPlanned({ domains }: Config): PlannedSetup {
  return { plan: emptyPlan, summary: [], ownDomains: domains.own, isRunning: false };
}

/** undefined when they are not wanted. */
async function readRecords(
  { ownDomains }: PlannedSetup,
  { parts, records, torrc, config }: SetupCommandOptions,
): Promise<readonly DomainRecords[] | undefined> {
  if (parts.length > 0 && !parts.includes('dns')) return undefined;
  return findRecords(ownDomains, await findOwnExchangers(config, torrc), records, config);
}

function doneText(untried: string | undefined): string {
  const done =
    untried === undefined
      ? 'Done, and checked.'
      : `Done. The listener for onion mail was not tried: ${untried}. Later: onionmx check relay proxy:${onionListenerAddress}.`;
  return `${done} \`onionmx setup --undo\` takes it back.\n`;
}

/** Why the listener could not be tried; undefined: it was, or none was wanted. */
async function apply(
  { plan, ownDomains, isRunning }: PlannedSetup,
  options: SetupCommandOptions,
): Promise<string | undefined> {
  const { config, parts } = options;
  if (process.getuid?.() !== 0)
    throw new OnionmxError('setup-impossible', 'only root may change the configuration of this host', {
      hint: 'run `sudo onionmx setup --apply`, or make the changes above by hand',
    });
  const hasListener = parts.length === 0 || parts.includes('receiving');
  const [ownDomain] = ownDomains;
  const untried = !isRunning
    ? 'the mail server does not run'
    : ownDomain === undefined
      ? 'no own domain is known that mail could be for'
      : undefined;
  const verify = async () => {
    if (hasListener && isRunning && ownDomain !== undefined) await verifyListener(ownDomain, config);
  };
  await applyPlan(plan, { journalFolder: journalFolderOf(config), hands: hostHands, verify });
  return hasListener ? untried : undefined;
}

async function undo({ config, json }: SetupCommandOptions, out: (text: string) => void): Promise<number> {
  const restored = (await undoSetup(journalFolderOf(config), hostHands)) ?? [];
  if (json) out(formatJson({ restored }));
  else if (restored.length === 0) out('Nothing to undo: setup has changed nothing on this host.\n');
  else out(`As before: ${restored.join(', ')}\n`);
  return exitCode.ok;
}

function journalFolderOf({ stateFolder }: Config): string {
  return join(stateFolder, 'setup');
}

function planToText({ plan, summary }: PlannedSetup, options: SetupCommandOptions): string {
  return `${summary.join('\n')}\n\n${formatPlan(plan)}${adviceFor(plan, options)}`;
}

function adviceFor({ changes }: Plan, { apply: applies }: SetupCommandOptions): string {
  if (changes.length === 0) return 'There is nothing to change.\n';
  return applies ? '\n' : '\nNothing is changed yet: `onionmx setup --apply` does it.\n';
}

function planToJson(
  { plan, summary }: PlannedSetup,
  isApplied: boolean,
  records: readonly DomainRecords[] | undefined,
): string {
  const { changes, checks, reloads, notes } = plan;
  return formatJson({
    host: summary,
    isApplied,
    changes: changes.map((change) => ({
      path: change.path,
      isNew: change.before === undefined,
      reasons: change.reasons,
      diff: formatDiff(change),
    })),
    deeds: [...checks, ...reloads].map(formatDeed),
    notes,
    records: records ?? [],
  });
}
