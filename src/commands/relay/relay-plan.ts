/** What the configurations of the mail server and of Tor say of each onion service, and what is to be tried after that. */
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { readEximListeners } from '../../mail-host/exim-listeners.ts';
import { rehearseExim } from '../../mail-host/exim-rehearsal.ts';
import { findMailServers, type MailServer } from '../../mail-host/find-mail-server.ts';
import { debianTorrc, type NamedService, readOnionServices } from '../../mail-host/read-onion-services.ts';
import { readMailHost } from '../../mail-host/read-mail-host.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { auditReceiving } from '../../relay-check/audit.ts';
import { auditExim } from '../../relay-check/audit-exim.ts';
import type { Finding } from '../../relay-check/finding.ts';
import {
  describeUntried,
  findOtherTargets,
  findTargets,
  type RelayListener,
  type RelayTarget,
} from '../../relay-check/relay-target.ts';
import { torrcLinesOf } from '../torrc-lines-of.ts';

export interface RelayPlan {
  readonly findings: readonly Finding[];
  /** The ways in for onion mail. */
  readonly targets: readonly RelayTarget[];
  /** Listeners that no onion service leads to. */
  readonly others: readonly RelayTarget[];
  /** Listeners that cannot be tried from here, each with the reason. */
  readonly untried: readonly string[];
  /** Folders of onion services whose address cannot be read, so that they are not tried through Tor. */
  readonly unnamed: readonly string[];
  /** A mail server that is configured here too, and was not read. */
  readonly unread: MailServer | undefined;
}

export interface RelayPlaces {
  /** Where the onion services are; undefined: Debian's torrc and the lines for our own tor. */
  readonly torrc: string | undefined;
  /** The folder of Postfix's configuration; undefined: its own default. */
  readonly postfix: string | undefined;
  /** undefined: the one that is configured here. */
  readonly mailServer?: MailServer | undefined;
  readonly config: Config;
}

interface Audit {
  readonly listeners: readonly RelayListener[];
  readonly services: readonly NamedService[];
  readonly findings: readonly Finding[];
}

/** Throws `postfix-unreadable`, `exim-unreadable`, `torrc-unreadable` and `no-onion-service`. */
export async function planRelayCheck(places: RelayPlaces, ownDomain: DomainName): Promise<RelayPlan> {
  const [server, unread] = await chooseMailServer(places);
  const { listeners, services, findings } = await audits[server](places, ownDomain);
  if (findings.length === 0) throw noOnionService(places);
  const isForMail = (folder: string) => findings.some(({ service }) => service === folder);
  return {
    findings,
    targets: findTargets(listeners, services),
    others: findOtherTargets(listeners, services),
    untried: describeUntried(listeners, services),
    unnamed: services
      .filter(({ folder, onionAddress }) => onionAddress === undefined && isForMail(folder))
      .map(({ folder }) => folder),
    unread,
  };
}

function noOnionService({ torrc }: RelayPlaces): OnionmxError {
  const sources = `${torrc ?? debianTorrc}, \`receiving.onionServices\` and \`tor.extraTorrc\``;
  return new OnionmxError('no-onion-service', `no onion service for mail in ${sources}`, {
    hint: 'name the file with --torrc; or what is to be tried: your onion address, 127.0.0.1:25, proxy:127.0.0.1:2515',
  });
}

/** Where both are configured, one is often a rest of an earlier time, such as Debian's Exim below a Postfix. */
async function chooseMailServer({ mailServer, postfix }: RelayPlaces) {
  if (mailServer !== undefined) return [mailServer, undefined] as const;
  if (postfix !== undefined) return ['postfix', undefined] as const;
  const [server, other] = await findMailServers(postfix);
  return [server ?? 'postfix', other] as const;
}

const audits: Readonly<Record<MailServer, (places: RelayPlaces, ownDomain: DomainName) => Promise<Audit>>> = {
  postfix: auditPostfixHost,
  exim: auditEximHost,
};

async function auditPostfixHost({ torrc, postfix, config }: RelayPlaces): Promise<Audit> {
  const { listeners, services } = await readMailHost({ torrc, postfix, torrcLines: torrcLinesOf(config) });
  return {
    services,
    listeners: listeners.map((listener) => ({
      name: listener.name,
      addresses: listener.addresses,
      expectsProxyLine: listener.expectsProxyLine,
      isTlsOnly: listener.parameter('smtpd_tls_wrappermode')?.toLowerCase() === 'yes',
    })),
    findings: auditReceiving(listeners, services),
  };
}

async function auditEximHost({ torrc, config }: RelayPlaces, ownDomain: DomainName): Promise<Audit> {
  const services = await readOnionServices({ torrc, torrcLines: torrcLinesOf(config) });
  const listeners = await readEximListeners();
  return {
    listeners,
    services,
    findings: await auditExim(listeners, services, { ownDomain, rehearse: rehearseExim }),
  };
}
