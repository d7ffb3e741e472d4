/** Looks at this host and works out what setup would change. Changes nothing. */
import type { Config } from '../config/schema.ts';
import { OnionmxError } from '../errors.ts';
import { findMailServers, type MailServer } from '../mail-host/find-mail-server.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { formatPlainAddress, parsePlainAddress } from '../protocol/mail-address.ts';
import type { SettingValue } from '../setup/edit-settings.ts';
import { joinPlans, type Plan } from '../setup/plan.ts';
import { planOnionService } from './plan-onion-service.ts';
import { planSettings } from './plan-settings.ts';
import type { SetupCommandOptions, SetupPart } from './setup.ts';
import { viewExim } from './view-exim.ts';
import { viewPostfix } from './view-postfix.ts';

/** What is planned for the mail server. */
interface ServerWishes {
  readonly sending: boolean;
  readonly receiving: boolean;
}

/** A mail server of this host, as setup sees it. */
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

export interface PlannedSetup extends Pick<ServerView, 'summary' | 'ownDomains' | 'isRunning'> {
  readonly plan: Plan;
}

/** Throws `setup-impossible`, `mail-address-invalid`, and what reading the host throws. */
export async function planSetup(options: SetupCommandOptions): Promise<PlannedSetup> {
  const wants = (part: SetupPart) => options.parts.length === 0 || options.parts.includes(part);
  const wishes = { sending: wants('sending'), receiving: wants('receiving') };
  const view = await views[await chooseMailServer(options)](options);
  const withService = wants('tor') || wishes.receiving;
  const settings = await planSettings(options, {
    ownDomains: wishes.sending ? view.ownDomains : [],
    defaults: wishes.sending ? view.settings : [],
    choices: choicesOf(options),
    withService,
  });
  const plans = [
    settings.plan,
    await view.plan(wishes, settings.config),
    ...(withService ? [await planOnionService(options)] : []),
  ];
  return { ...view, plan: joinPlans(plans), summary: [...view.summary, describeTor(options)] };
}

function choicesOf({ blackhole }: SetupCommandOptions): readonly SettingValue[] {
  if (blackhole === undefined) return [];
  return [{ path: ['receiving', 'testAddress'], value: formatPlainAddress(parsePlainAddress(blackhole)) }];
}

const views: Readonly<Record<MailServer, (options: SetupCommandOptions) => Promise<ServerView>>> = {
  postfix: viewPostfix,
  exim: viewExim,
};

async function chooseMailServer({ mailServer, postfix }: SetupCommandOptions): Promise<MailServer> {
  const found = mailServer === undefined ? await findMailServers(postfix) : [mailServer];
  const [server, other] = found;
  if (server === undefined)
    throw new OnionmxError('setup-impossible', 'neither Postfix nor Exim is configured on this host', {
      hint: 'for another mail server see docs/other-mail-servers.md; for a Postfix elsewhere name its folder: --postfix /etc/postfix',
    });
  if (other === undefined) return server;
  throw new OnionmxError(
    'setup-impossible',
    `several mail servers are configured on this host: ${found.join(', ')}`,
    { hint: `say which one it is for: --mail-server ${server}` },
  );
}

function describeTor({ config, torrc }: SetupCommandOptions): string {
  return config.tor.use === 'managed'
    ? 'Tor: onionmx’s own'
    : `Tor: the one that runs already, with ${torrc ?? '/etc/tor/torrc'}`;
}
