/** Looks at this host and works out what setup would change. Changes nothing. */
import { OnionmxError } from '../../errors.ts';
import { formatDnsServer } from '../../net/dns-server.ts';
import { findMailServers, type MailServer } from '../../mail-host/find-mail-server.ts';
import { formatPlainAddress, parsePlainAddress } from '../../protocol/mail-address.ts';
import type { SettingValue } from '../../setup/edit-settings.ts';
import { joinPlans, type Plan } from '../../setup/plan.ts';
import { findResolvers } from '../open-resolver.ts';
import { hasForeignService, planOnionService } from './plan-onion-service.ts';
import { planSettings } from './plan-settings.ts';
import type { ServerView } from './server-view.ts';
import type { SetupCommandOptions, SetupPart } from './setup-options.ts';
import { viewByHand } from './view-by-hand.ts';
import { viewExim } from './view-exim.ts';
import { viewPostfix } from './view-postfix.ts';

export interface PlannedSetup extends Pick<ServerView, 'summary' | 'ownDomains' | 'isRunning'> {
  readonly plan: Plan;
}

/** Throws `setup-impossible`, `mail-address-invalid`, and what reading the host throws. */
export async function planSetup(options: SetupCommandOptions): Promise<PlannedSetup> {
  const wants = (part: SetupPart) => options.parts.length === 0 || options.parts.includes(part);
  const wishes = { sending: wants('sending'), receiving: wants('receiving') };
  const view = await viewMailServer(options);
  const withService = wants('tor') || wishes.receiving;
  const isForeign = withService && (await hasForeignService(options));
  const settings = await planSettings(options, {
    ownDomains: wishes.sending ? view.ownDomains : [],
    defaults: wishes.sending ? view.settings : [],
    choices: choicesOf(options),
    withService: withService && !isForeign,
  });
  const plans = [
    settings.plan,
    await view.plan(wishes, settings.config),
    ...(isForeign ? [await planOnionService(options)] : []),
  ];
  return {
    ...view,
    plan: joinPlans(plans),
    summary: [...view.summary, describeTor(options), await describeDns(options)],
  };
}

function choicesOf({ blackhole }: SetupCommandOptions): readonly SettingValue[] {
  if (blackhole === undefined) return [];
  return [{ path: ['receiving', 'testAddress'], value: formatPlainAddress(parsePlainAddress(blackhole)) }];
}

const views: Readonly<Record<MailServer, (options: SetupCommandOptions) => Promise<ServerView>>> = {
  postfix: viewPostfix,
  exim: viewExim,
};

async function viewMailServer(options: SetupCommandOptions): Promise<ServerView> {
  const { mailServer, postfix, config } = options;
  const found = mailServer === undefined ? await findMailServers(postfix) : [mailServer];
  const [server, other] = found;
  if (server === undefined) return viewByHand(config);
  if (other === undefined) return views[server](options);
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

async function describeDns({ config }: SetupCommandOptions): Promise<string> {
  const servers = await findResolvers(config);
  return `DNS: asked at ${servers.map(formatDnsServer).join(', ')}`;
}
