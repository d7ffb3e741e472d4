/** What setup would change in the configuration of onionmx itself. */
import { readFile } from 'node:fs/promises';
import { readEnvironment } from '../../config/environment.ts';
import { parseConfig } from '../../config/parse-config.ts';
import type { Config } from '../../config/schema.ts';
import { onionListenerAddress } from '../../mail-host/onion-listener.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { editSettings, type SettingValue } from '../../setup/edit-settings.ts';
import { emptyPlan, type Plan } from '../../setup/plan.ts';
import type { SetupCommandOptions } from './setup-options.ts';

export interface SettingsWishes {
  /** Empty when they are to stay as they are. */
  readonly ownDomains: readonly DomainName[];
  /** What the mail server needs, unless the file says something else. */
  readonly defaults: readonly SettingValue[];
  /** What the command line says. */
  readonly choices: readonly SettingValue[];
  /** An onion service of our own tor. */
  readonly withService: boolean;
}

interface PlannedSettings {
  readonly plan: Plan;
  /** As it will be. */
  readonly config: Config;
}

const serviceName = 'mail';

export async function planSettings(
  { config, configFile }: SetupCommandOptions,
  { ownDomains, defaults, choices, withService }: SettingsWishes,
): Promise<PlannedSettings> {
  const before = await readFile(configFile, 'utf8').catch(() => undefined);
  const onionService = withService ? { name: serviceName, target: onionListenerAddress } : undefined;
  const missing = ownDomains.filter((domain) => !config.domains.own.includes(domain));
  const isNothingWanted =
    [missing, defaults, choices].every(({ length }) => length === 0) && onionService === undefined;
  const wanted = { ownDomains: missing, defaults, choices, onionService };
  const after = isNothingWanted ? before : editSettings(before, wanted);
  if (after === undefined || after === before) return { plan: emptyPlan, config };
  const changed = parseConfig(after, configFile, readEnvironment()); // what would not load is not written
  const addsService = changed.receiving.onionServices.length > config.receiving.onionServices.length;
  const reasons = [
    ...(missing.length === 0 ? [] : ['domains.own: mail to these never leaves through Tor.']),
    ...(defaults.length === 0 ? [] : ['The sockets lie where the mail server can reach them.']),
    ...choices.map(({ path }) => `${path.join('.')}: as the command line says.`),
    ...(addsService
      ? ['receiving.onionServices: onionmx’s own Tor offers an onion service that leads to the listener.']
      : []),
  ];
  const changes = [{ path: configFile, before, after, reasons }];
  return { plan: { ...emptyPlan, changes, notes: [restartNote] }, config: changed };
}

const restartNote = 'Start `onionmx serve`, or start it again: it reads its settings once.';
