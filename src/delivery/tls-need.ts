/**
 * Which mail must go inside TLS, and whether a session can carry it (RFC 3207, RFC 8689 §4.2.1). Most mail need not: the onion service encrypts and
 * authenticates, and each handshake costs round trips over Tor.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { coversMxName } from '../protocol/certificate-name.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { formatExchanger } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import { lacksRequireTls, requiresTls } from '../protocol/smtp-envelope.ts';
import type { Envelope, Session } from './session.ts';

/** What holds for all mail to a domain. */
interface TlsRule {
  /** Of which names a certificate must have one to be good for the domain, as in an MTA-STS policy: `mx.example.org`, `*.example.org`. */
  readonly names: readonly string[];
  /** false: it may have more names, which cannot be found out now. */
  readonly areAllNames: boolean;
  /** Its mail goes inside TLS with such a certificate alone, whatever the sender says: because the route rests on that certificate. */
  readonly isNeeded: boolean;
}

/** Must not throw. */
export type TlsRuleOf = (domain: DomainName) => Promise<TlsRule>;

/** For a sender who asks for TLS, the domain itself must be in the certificate. */
export const onSendersWishAlone: TlsRuleOf = (domain) =>
  Promise.resolve({ names: [domain], areAllNames: true, isNeeded: false });

export interface TlsNeed extends TlsRule {
  readonly domain: DomainName;
  /** REQUIRETLS. */
  readonly isSendersWish: boolean;
}

/** For each recipient; undefined: none. */
export async function findTlsNeeds(
  { sender, recipients }: Envelope,
  ruleOf: TlsRuleOf,
): Promise<readonly (TlsNeed | undefined)[]> {
  const isSendersWish = requiresTls(sender);
  return Promise.all(
    recipients.map(async ({ path }) => {
      const domain = parseDomainName(domainOfAddress(path) ?? '');
      const rule = await ruleOf(domain);
      return isSendersWish || rule.isNeeded ? { ...rule, domain, isSendersWish } : undefined;
    }),
  );
}

/** For each why this session cannot carry its mail, inside TLS from now on. Never throws; the session may be of no use afterwards. */
export async function tryTls(
  session: Session,
  needs: readonly (TlsNeed | undefined)[],
): Promise<readonly (OnionmxError | undefined)[]> {
  const failure = await secure(session, needs);
  return needs.map((need) => {
    if (need === undefined) return undefined;
    const why = failure ?? whyNotFor(session, need);
    if (why instanceof OnionmxError) return why;
    if (why !== undefined) return refuse(need, why);
    return need.isSendersWish && !session.capabilities.requireTls
      ? lacksRequireTls(formatExchanger(session.exchanger))
      : undefined;
  });
}

/** What is wrong with its certificate, or why none could be seen. */
async function secure(
  session: Session,
  needs: readonly (TlsNeed | undefined)[],
): Promise<string | OnionmxError | undefined> {
  const name = formatExchanger(session.exchanger);
  const serverName = needs.find((need) => need !== undefined)?.domain ?? '';
  if (session.certificate === undefined && !session.capabilities.startTls)
    return `${name} does not offer STARTTLS`;
  try {
    // what it showed to mail for others may be good for this one too
    const isGood = needs.every((need) => need === undefined || whyNotFor(session, need) === undefined);
    const shown = isGood ? session.certificate : undefined;
    const { isTrusted, why = 'not trusted' } = shown ?? (await session.secure(serverName));
    return isTrusted ? undefined : `the certificate of ${name} is not valid: ${why}`;
  } catch (thrown) {
    return toOnionmxError(thrown);
  }
}

function whyNotFor(
  { certificate, exchanger }: Session,
  { names: wanted, areAllNames }: TlsNeed,
): string | OnionmxError | undefined {
  const names = certificate?.names ?? [];
  if (wanted.some((pattern) => coversMxName(names, pattern))) return undefined;
  const shown = names.length === 0 ? 'no name' : names.slice(0, 10).join(', ');
  const why = `the certificate of ${formatExchanger(exchanger)} is for ${shown}, not for ${wanted.join(' or ')}`;
  if (areAllNames) return why;
  return new OnionmxError('tls-failed', `${why}; which other names count is not known now`);
}

/** The sender's wish ends with a refusal (RFC 8689 §4.2.1); where the route rests on the certificate, another route may be found. */
function refuse({ domain, isSendersWish }: TlsNeed, why: string): OnionmxError {
  if (isSendersWish)
    return new OnionmxError(
      'exchanger-lacks-tls',
      `a message with REQUIRETLS needs TLS with a valid certificate: ${why}`,
    );
  return new OnionmxError('exchanger-certificate', `the route of ${domain} rests on a certificate: ${why}`, {
    hint: `\`onionmx lookup ${domain}\` shows the evidence; the MTA keeps the message and asks again`,
  });
}
