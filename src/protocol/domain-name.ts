/**
 * Domain names as values: lower case, A-label form (RFC 5890), no trailing dot, LDH labels (RFC 1123 §2.1),
 * at most 253 characters. Underscore labels are not mail domains and are refused, and so are IP addresses.
 */
import { domainToASCII } from 'node:url';
import { OnionmxError } from '../errors.ts';

declare const domainNameBrand: unique symbol;
export type DomainName = string & { readonly [domainNameBrand]: true };

const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Parses a recipient domain as people or MTAs write it (any case, U-labels, a trailing dot). Throws `domain-invalid`. */
export function parseDomainName(text: string): DomainName {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  const name = toAsciiName(bare);
  if (isDomainName(name)) return name;
  throw new OnionmxError('domain-invalid', `${JSON.stringify(text)} is no domain name: ${problemOf(name)}`);
}

/** True for `onion` and everything below it: such a name is never asked of DNS (RFC 7686 §2). */
export function isUnderOnion(domain: string): boolean {
  return domain === 'onion' || domain.endsWith('.onion');
}

function isDomainName(name: string): name is DomainName {
  return problemOf(name) === undefined;
}

function toAsciiName(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return mayBeConverted(text) ? domainToASCII(text) : text;
}

/**
 * domainToASCII reads its text as the host of a URL: it drops line breaks and all from `/`, `?` or `#` on, and decodes
 * `%2e`. Such text must not become another name than the one that was written, so it never gets there.
 */
function mayBeConverted(text: string): boolean {
  return /^[a-z0-9.\-\u{80}-\u{10ffff}]*$/iu.test(text);
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it is empty or cannot be written in A-labels';
  if (name.length > 253) return `it has ${name.length} characters (253 at most)`;
  const labels = name.split('.');
  const bad = labels.find((label) => !labelPattern.test(label));
  if (bad === '') return 'it has an empty label';
  if (bad !== undefined) return `the label ${JSON.stringify(bad)} is not allowed`;
  return /^\d+$/.test(labels.at(-1) ?? '') ? 'its last label is a number, as in an IP address' : undefined;
}
