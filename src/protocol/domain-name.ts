/**
 * Domain names as values: lower case, A-label form (RFC 5890), no trailing dot, LDH labels (RFC 1123 §2.1),
 * at most 253 characters. Underscore labels are not mail domains and are refused.
 */
import { domainToASCII } from 'node:url';
import { OnionmxError } from '../errors.ts';

declare const domainNameBrand: unique symbol;
export type DomainName = string & { readonly [domainNameBrand]: true };

const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Parses a recipient domain as people or MTAs write it (any case, U-labels, a trailing dot). Throws `domain-invalid`. */
export function parseDomainName(text: string): DomainName {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  const name = isPlainAscii(bare) ? bare.toLowerCase() : domainToASCII(bare);
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

function isPlainAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it is empty or cannot be written in A-labels';
  if (name.length > 253) return `it has ${name.length} characters (253 at most)`;
  const bad = name.split('.').find((label) => !labelPattern.test(label));
  if (bad === undefined) return undefined;
  return bad === '' ? 'it has an empty label' : `the label ${JSON.stringify(bad)} is not allowed`;
}
