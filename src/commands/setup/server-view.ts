/** A mail server of this host, as setup sees it. */
import type { Config } from '../../config/schema.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import type { SettingValue } from '../../setup/edit-settings.ts';
import type { Plan } from '../../setup/plan.ts';

/** What is planned for it. */
interface ServerWishes {
  readonly sending: boolean;
  readonly receiving: boolean;
}

export interface ServerView {
  /** What was found, a line each. */
  readonly summary: readonly string[];
  /** Domains that this host takes mail for. */
  readonly ownDomains: readonly DomainName[];
  readonly isRunning: boolean;
  /** What onionmx’s settings have to say for it, unless they say something else. */
  readonly settings: readonly SettingValue[];
  /** config: with these settings. Throws `setup-impossible`. */
  plan(wishes: ServerWishes, config: Config): Promise<Plan>;
}
