/**
 * The recipient domain in a key of a transport table, transport(5). Postfix asks for whole addresses, for senders and
 * for `*`; people ask for a domain, or for a nexthop in brackets. No key may lead to a name under .onion being left
 * to DNS (RFC 7686 §2).
 */
import { toOnionmxError } from '../errors.ts';
import { type DomainName, isUnderOnion, parseDomainName } from '../protocol/domain-name.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';

type KeyDomain =
  | { readonly kind: 'domain'; readonly domain: DomainName }
  /** The key is not for us: the MTA goes on as if we were not there. */
  | { readonly kind: 'none'; readonly reason: string }
  /** Under .onion, and no domain name: it is for us, and can go nowhere. */
  | { readonly kind: 'bad-onion'; readonly reason: string };

/** Far above the 253 that DNS can be asked for. */
const maxDomainCharacters = 1000;

/** Never throws. */
export function domainOfKey(key: string): KeyDomain {
  if (key === '' || key === '<>') return none('it is the empty address');
  // An answer to `*` would take all mail of the host.
  if (key === '*') return none('the key "*" stands for all mail, which is never taken');
  if (!/[@.]/.test(key)) return none('it holds no domain');
  // What is no address may still be a domain, or be meant for .onion.
  const domain = domainOfAddress(key) ?? key.slice(key.lastIndexOf('@') + 1);
  return readDomain(withoutBrackets(domain));
}

function readDomain(text: string): KeyDomain {
  // Folding Unicode takes time that grows with the square: 100 kB of it would stop all lookups for a second.
  if (text.length > maxDomainCharacters) return none(`it is longer than ${maxDomainCharacters} characters`);
  if (isAddressLiteral(text)) return none('it is an IP address');
  try {
    return { kind: 'domain', domain: parseDomainName(text) };
  } catch (error) {
    const { message } = toOnionmxError(error);
    return isMeantForOnion(text) ? { kind: 'bad-onion', reason: message } : none(message);
  }
}

/** `[name]`, the way to write a nexthop whose MX records are not asked for, and `[IP address]`. */
function withoutBrackets(text: string): string {
  return /^\[(.*)\]$/s.exec(text)?.[1] ?? text;
}

function isAddressLiteral(text: string): boolean {
  return /^\d+(\.\d+)*$/.test(text) || /^(ipv6:)?[\da-f.]*:[\da-f:.]*$/i.test(text);
}

/**
 * Also as an MTA would fold it on the way to DNS: other dots, wide letters, invisible characters, no empty labels, and
 * the port of a nexthop.
 */
function isMeantForOnion(text: string): boolean {
  const visible = text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  const folded = withoutBrackets(visible.replace(/:\d*$/, ''));
  const labels = folded.toLowerCase().split(/[.\u3002]/);
  return isUnderOnion(labels.findLast((label) => label.trim() !== '')?.trim() ?? '');
}

function none(reason: string): KeyDomain {
  return { kind: 'none', reason };
}
