/**
 * What a table of Postfix's smtp_tls_policy_maps answers for a domain (postconf(5), TLS_README): a level and attributes, such as
 * `secure match=.example.org:mx.example.net servername=hostname`. Of interest is only whether the peer is to be authenticated,
 * and under which names.
 */
import { type DomainName, parseDomainName } from './domain-name.ts';
import { toPrintableText } from './dns-name.ts';

export type TlsPolicyAnswer =
  /** The peer is not authenticated: no TLS, or TLS with anybody. */
  | { readonly kind: 'none'; readonly level: string }
  /** By TLSA records. */
  | { readonly kind: 'dane'; readonly level: string }
  /** By a certificate with one of these names, written as `mx.example.org` or `*.example.org`. */
  | { readonly kind: 'names'; readonly level: string; readonly names: readonly string[] }
  | { readonly kind: 'unclear'; readonly why: string };

/** Postfix folds the level, and takes commas for blanks. */
export function parseTlsPolicyAnswer(text: string, domain: DomainName): TlsPolicyAnswer {
  // reports for TLSRPT, `{ policy_string = mx: *.example.org }`, are no attributes of ours
  const words = text
    .replaceAll(/\{[^{}]*\}/g, ' ')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const level = (words[0] ?? '').toLowerCase();
  switch (level) {
    case 'none':
    case 'may':
    case 'encrypt':
      return { kind: 'none', level };
    // `dane` alone is opportunistic in Postfix, but postfix-tlspol says it only where there are TLSA records
    case 'dane':
    case 'dane-only':
      return { kind: 'dane', level };
    case 'verify':
    case 'secure':
      return { kind: 'names', level, names: namesIn(words.slice(1), level, domain) };
    // no name is asked for then, but one certificate: no name of ours can stand for it
    case 'fingerprint':
      return { kind: 'names', level, names: [] };
    default:
      return { kind: 'unclear', why: `it answers ${JSON.stringify(toPrintableText(text, 80))}` };
  }
}

/** smtp_tls_secure_cert_match and smtp_tls_verify_cert_match, as they are when nobody has set them. */
const usualMatch = { secure: 'nexthop:dot-nexthop', verify: 'hostname' } as const;

function namesIn(attributes: readonly string[], level: 'secure' | 'verify', domain: DomainName): string[] {
  const matches = attributes.flatMap((attribute) => /^match=(.*)$/i.exec(attribute)?.[1] ?? []);
  const words = (matches.length === 0 ? [usualMatch[level]] : matches).flatMap((match) => match.split(':'));
  return [...new Set(words.flatMap((word) => nameOf(word.toLowerCase(), domain)))];
}

function nameOf(word: string, domain: DomainName): string[] {
  if (word === 'nexthop') return [domain];
  if (word === 'dot-nexthop') return [`*.${domain}`];
  // Stops an attack: the name of a host that DNS without DNSSEC has named proves nothing.
  if (word === 'hostname') return [];
  // In Postfix `.example.org` covers names of any depth. It is how both daemons write `*.example.org` of an MTA-STS policy.
  return word.startsWith('.') ? toName(word.slice(1)).map((name) => `*.${name}`) : toName(word);
}

/** Nothing for what is no name: then it matches nothing, as in Postfix. */
function toName(text: string): DomainName[] {
  try {
    return [parseDomainName(text)];
  } catch {
    return [];
  }
}
