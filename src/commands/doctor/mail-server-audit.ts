/** What doctor lets the mail server's configuration say of the onion services: Postfix's is read, Exim is asked itself. */
import type { Config } from '../../config/schema.ts';
import { toOnionmxError } from '../../errors.ts';
import { readEximListeners } from '../../mail-host/exim-listeners.ts';
import { rehearseExim } from '../../mail-host/exim-rehearsal.ts';
import { findMailServers, type MailServer } from '../../mail-host/find-mail-server.ts';
import type { SmtpdListener } from '../../mail-host/postfix-listeners.ts';
import { readExim } from '../../mail-host/read-exim.ts';
import type { NamedService } from '../../mail-host/read-onion-services.ts';
import { type DomainName, isUnderOnion } from '../../protocol/domain-name.ts';
import { auditReceiving } from '../../relay-check/audit.ts';
import { auditExim } from '../../relay-check/audit-exim.ts';
import type { Finding } from '../../relay-check/finding.ts';
import { readOwnDomain } from '../own-domain.ts';

export interface MailServerAudit {
  readonly mailServer: MailServer;
  /** Resolves with undefined when the configuration cannot be read. */
  readonly audit: (services: readonly NamedService[]) => Promise<readonly Finding[] | undefined>;
}

/** listeners: Postfix's; undefined when there is none, or it cannot be read. Resolves with undefined when Exim is not there either. */
export async function findMailServerAudit(
  config: Config,
  listeners: readonly SmtpdListener[] | undefined,
): Promise<MailServerAudit | undefined> {
  if (listeners !== undefined)
    return { mailServer: 'postfix', audit: async (services) => auditReceiving(listeners, services) };
  if (!(await findMailServers(undefined)).includes('exim')) return undefined;
  return { mailServer: 'exim', audit: (services) => askExim(services, config).catch(unlessUnreadable) };
}

async function askExim(
  services: readonly NamedService[],
  config: Config,
): Promise<readonly Finding[] | undefined> {
  if (services.length === 0) return []; // no need to be root for that
  const ownDomain = await findOwnDomain(config);
  if (ownDomain === undefined) return undefined;
  return auditExim(await readEximListeners(), services, { ownDomain, rehearse: rehearseExim });
}

/** One whose mail the listeners have to take. */
async function findOwnDomain({ domains }: Config): Promise<DomainName | undefined> {
  const named = domains.own.find((domain) => !isUnderOnion(domain));
  if (named !== undefined) return named;
  const { ownDomains } = await readExim();
  return ownDomains.flatMap(readOwnDomain).find((domain) => !isUnderOnion(domain));
}

function unlessUnreadable(thrown: unknown): undefined {
  const error = toOnionmxError(thrown);
  if (error.code !== 'exim-unreadable') throw error;
}
