/**
 * What is tried to make a host pass on mail that is not for it. Each attempt is an envelope; no message follows.
 * The stranger is in a domain that belongs to nobody (RFC 2606), so that not even an accepted envelope names a person.
 */
import type { DomainName } from '../protocol/domain-name.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';

export interface RelayAttempt {
  readonly id: string;
  readonly what: string;
  /** Between < and >, as it is sent. */
  readonly sender: string;
  /** The last one is the stranger; those before are to make the host well disposed. */
  readonly recipients: readonly string[];
  /**
   * undefined: the recipient's domain is the stranger's, and whoever accepts it relays. Else the domain that the address is
   * at, `''` for none: accepting it is relaying only where an unknown user at that domain is refused.
   */
  readonly home: string | undefined;
  /** Nothing about it is strange, but that neither side is of this host: a refusal can only be one of relaying. */
  readonly isPlain: boolean;
  readonly needsSmtpUtf8: boolean;
}

export interface RelayedHost {
  readonly ownDomain: DomainName;
  /** Its onion address, if that is known. */
  readonly ownOnion: OnionAddress | undefined;
}

/** A valid address that nobody has: its key was made for documentation, and is kept nowhere. */
const strangeOnion = '7bgr7yfgwyruyfk7b5bapbxuyv2qcuyxyh2b5hfswvo42hr25zuoinqd.onion';
export const foreignDomain = 'example.com';
const user = 'onionmx-check';
const stranger = `${user}@${foreignDomain}`;
export const outsideDomain = 'example.net';
const outsideSender = `${user}@${outsideDomain}`;

export function buildRelayAttempts(host: RelayedHost): readonly RelayAttempt[] {
  return [
    ...senderAttempts(host),
    ...recipientAttempts(host),
    ...sourceRouteAttempts(host),
    ...rewritingAttempts(host),
  ];
}

/** The usual stranger, and a sender that a host might trust. */
function senderAttempts({ ownDomain, ownOnion }: RelayedHost): RelayAttempt[] {
  const senders: [id: string, what: string, sender: string][] = [
    ['plain', 'from outside to outside', outsideSender],
    ['null-sender', 'the null sender, as of a bounce', ''],
    ['own-postmaster', 'the sender says that it is your postmaster', `postmaster@${ownDomain}`],
    ['own-user', 'the sender says that it is a user of yours', `${user}@${ownDomain}`],
    ['own-user-capitals', 'the same in capitals', `${user}@${ownDomain}`.toUpperCase()],
    ['own-subdomain', 'the sender says that it is a host of yours', `root@mail.${ownDomain}`],
    ['local-sender', 'a sender without a domain', 'root'],
    ['localhost-sender', 'a sender at localhost', 'root@localhost'],
    ['loopback-sender', 'a sender at the loopback address', 'root@[127.0.0.1]'],
    ['loopback6-sender', 'a sender at the IPv6 loopback address', 'root@[IPv6:::1]'],
    ['self-sender', 'the stranger writes to himself', stranger],
  ];
  if (ownOnion !== undefined)
    senders.push(['own-onion-sender', 'a sender at your onion address', `root@${ownOnion}`]);
  const plain = new Set(['plain', 'null-sender', 'self-sender']);
  return senders.map(([id, what, sender]) => attempt({ id, what, sender, isPlain: plain.has(id) }, stranger));
}

/** Other ways to write an address outside, or one that looks like yours. */
function recipientAttempts({ ownDomain }: RelayedHost): RelayAttempt[] {
  const plain: [id: string, what: string, recipient: string][] = [
    ['capitals', 'the address in capitals', stranger.toUpperCase()],
    ['extension', 'an address extension', `${user}+x@${foreignDomain}`],
  ];
  const strange: [id: string, what: string, recipient: string][] = [
    ['subdomain', 'a subdomain', `${user}@mail.${foreignDomain}`],
    ['lookalike-front', 'a domain that ends like yours', `${user}@x-${ownDomain}`],
    ['lookalike-end', 'a domain that begins like yours', `${user}@${ownDomain}.${foreignDomain}`],
    ['onion', 'an onion address that is not yours', `${user}@${strangeOnion}`],
    ['onion-subdomain', 'a subdomain of one', `${user}@mail.${strangeOnion}`],
    ['root-dot', 'a dot at the end of the domain', `${stranger}.`],
    ['quoted', 'a quoted local part', `"${user}"@${foreignDomain}`],
    ['quoted-pair', 'a quoted local part with a backslash', `"onionmx\\-check"@${foreignDomain}`],
    ['two-at', 'two @, the stranger last', `${user}@${ownDomain}@${foreignDomain}`],
    ['ip-literal', 'an IP address', `${user}@[192.0.2.1]`],
    ['ip6-literal', 'an IPv6 address', `${user}@[IPv6:2001:db8::1]`],
    ['bare-ip', 'an IP address without brackets', `${user}@192.0.2.1`],
    ['onion-brackets', 'an onion address in brackets', `${user}@[${strangeOnion}]`],
    ['onion-port', 'an onion address with a port', `${user}@${strangeOnion}:25`],
  ];
  return [
    ...plain.map(([id, what, to]) => attempt({ id, what, isPlain: true }, to)),
    ...strange.map(([id, what, to]) => attempt({ id, what }, to)),
    attempt({ id: 'utf8-user', what: 'a UTF-8 local part', needsSmtpUtf8: true }, `ü-${stranger}`),
    attempt(
      { id: 'utf8-domain', what: 'a UTF-8 domain', needsSmtpUtf8: true },
      `${user}@bücher.${foreignDomain}`,
    ),
    attempt(
      { id: 'after-own', what: 'behind a recipient of yours', isPlain: true },
      `postmaster@${ownDomain}`,
      stranger,
    ),
  ];
}

/** RFC 5321 appendix C: a host may strip the route, and must then look at the address that is left. */
function sourceRouteAttempts({ ownDomain }: RelayedHost): RelayAttempt[] {
  const routes: [id: string, route: string][] = [
    ['own', `@${ownDomain}`],
    ['two', `@${ownDomain},@localhost`],
    ['localhost', '@localhost'],
    ['ip', '@[127.0.0.1]'],
  ];
  return routes.map(([id, route]) =>
    attempt({ id: `source-route-${id}`, what: `a source route by ${route}` }, `${route}:${stranger}`),
  );
}

/** The stranger is in the local part, for hosts that rewrite it. */
function rewritingAttempts({ ownDomain, ownOnion }: RelayedHost): RelayAttempt[] {
  const forms: [id: string, what: string, local: string][] = [
    ['percent', 'the percent hack', `${user}%${foreignDomain}`],
    ['bang', 'a bang path', `${foreignDomain}!${user}`],
    ['quoted-at', 'the whole address in quotes', `"${stranger}"`],
    ['quoted-percent', 'the percent hack in quotes', `"${user}%${foreignDomain}"`],
    ['quoted-bang', 'a bang path in quotes', `"${foreignDomain}!${user}"`],
    ['bare-at', 'two @, yours last', stranger],
  ];
  const homes: [id: string, domain: string][] = [
    ['own', ownDomain],
    ['localhost', 'localhost'],
    ['ip', '[127.0.0.1]'],
    ...(ownOnion === undefined ? [] : [['own-onion', ownOnion] as [string, string]]),
  ];
  const atHomes = forms.flatMap(([id, what, local]) =>
    homes.map(([homeId, home]) =>
      attempt({ id: `${id}-${homeId}`, what: `${what} at ${home}`, home }, `${local}@${home}`),
    ),
  );
  const withoutDomain = forms
    .filter(([, , local]) => local !== stranger)
    .map(([id, what, local]) =>
      attempt({ id: `${id}-nowhere`, what: `${what}, without a domain`, home: '' }, local),
    );
  return [...atHomes, ...withoutDomain];
}

function attempt(
  facts: Pick<RelayAttempt, 'id' | 'what'> & Partial<RelayAttempt>,
  ...recipients: readonly string[]
): RelayAttempt {
  return {
    sender: outsideSender,
    home: undefined,
    isPlain: false,
    needsSmtpUtf8: false,
    ...facts,
    recipients,
  };
}
