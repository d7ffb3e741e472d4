/**
 * The domain of a mail address (RFC 5321 §4.1.2), as it stands in an envelope path or a table key, with no syntax checked
 * beyond that; and addresses of the plain form that an operator gives to a mailbox.
 */
import { OnionmxError } from '../errors.ts';
import { type DomainName, parseDomainName } from './domain-name.ts';

/** Nothing in it has a meaning in a pattern of a table but the dots. */
export interface PlainAddress {
  /** Lower case. */
  readonly localPart: string;
  readonly domain: DomainName;
}

/** Letters, digits, `.`, `_` and `-` before the @. Throws `mail-address-invalid` and `domain-invalid`. */
export function parsePlainAddress(text: string): PlainAddress {
  const [, localPart, domain] = /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)@([^@]+)$/.exec(text) ?? [];
  if (localPart !== undefined && domain !== undefined)
    return { localPart: localPart.toLowerCase(), domain: parseDomainName(domain) };
  throw new OnionmxError('mail-address-invalid', `${JSON.stringify(text)} is no plain mail address`, {
    hint: 'use letters, digits, dots, _ and - before the @, such as blackhole@example.org',
  });
}

export function formatPlainAddress({ localPart, domain }: PlainAddress): string {
  return `${localPart}@${domain}`;
}

/**
 * The text after the last `@`, without a trailing dot and the closing `>`; also an address literal such as `[192.0.2.1]`.
 * undefined when there is none: no `@`, or only one in a quoted local part or in a source route.
 */
export function domainOfAddress(address: string): string | undefined {
  const bare = address.replace(/^<|>$/g, '');
  const at = bare.lastIndexOf('@');
  if (at < 0) return undefined;
  const domain = bare.slice(at + 1).replace(/\.$/, '');
  return isLiteral(domain) || /^[^":,]+$/.test(domain) ? domain : undefined;
}

function isLiteral(domain: string): boolean {
  return /^\[[^\]]+\]$/.test(domain);
}
