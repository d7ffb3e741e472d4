/**
 * Whether a certificate is for a name (RFC 9525 §6.3, RFC 6125): the DNS names of its subjectAltName alone, never its common name. A wildcard is the whole
 * left-most label, and stands for exactly one. Left out: addresses, and every other kind of name.
 */

/**
 * The DNS names in a subjectAltName as Node.js writes it: `DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1`. What is in quotes there has
 * characters that no host name has, such as `, DNS:`, by which a name could be made to look like two (CVE-2021-44532).
 */
export function parseAltNames(text: string): readonly string[] {
  const unquoted = text.replaceAll(/"(?:[^"\\]|\\.)*"?/g, '"');
  return unquoted.split(', ').flatMap((entry) => {
    const [, name] = /^DNS:((?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?$/i.exec(entry) ?? [];
    return name === undefined ? [] : [name.toLowerCase()];
  });
}

/** `wanted` is one name, such as a domain or a host. */
export function isNameCovered(names: readonly string[], wanted: string): boolean {
  const name = wanted.toLowerCase();
  return names.some((covered) => covered.toLowerCase() === name || standsFor(covered.toLowerCase(), name));
}

/**
 * `pattern` is a name of an MTA-STS policy, `mx.example.org` or `*.example.org` (RFC 8461 §3.2): a certificate is for the latter when it has any
 * name that it stands for, or the same wildcard.
 */
export function coversMxName(names: readonly string[], pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return isNameCovered(names, wanted) || names.some((name) => standsFor(wanted, name.toLowerCase()));
}

/** `*.org` and `*.` stand for nothing: nobody answers for so many names. */
function standsFor(wildcard: string, name: string): boolean {
  if (!wildcard.startsWith('*.') || wildcard.split('.').length < 3) return false;
  const [label = '', ...rest] = name.split('.');
  return label !== '' && label !== '*' && rest.join('.') === wildcard.slice(2);
}
