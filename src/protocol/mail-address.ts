/** The domain of a mail address (RFC 5321 §4.1.2), as it stands in an envelope path or a table key. Checks no syntax beyond that. */

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
