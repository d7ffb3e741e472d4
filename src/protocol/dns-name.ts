/**
 * Names as our DNS client asks and reads them (RFC 1035 §3.1): lower case, no trailing dot, labels of letters,
 * digits, `-` and `_`, at most 253 characters. Other octets are legal in DNS, but no name that we follow needs them.
 */
declare const dnsNameBrand: unique symbol;
export type DnsName = string & { readonly [dnsNameBrand]: true };

/**
 * The name, or undefined when it is none.
 * Stops a leak: a CNAME to the labels `foo` and `onion.` (with a dot inside the label) reads as `foo.onion.`, which
 * does not end in `.onion`, yet would be sent as `foo.onion`. Empty labels and odd octets are refused, so it is none.
 */
export function toDnsName(text: string): DnsName | undefined {
  const name = foldCase(text);
  return isDnsName(name) ? name : undefined;
}

/** ASCII letters only (RFC 4343): `toLowerCase` would also fold the Kelvin sign into a `k`. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** What a stranger's DNS data may say in a log or on a terminal: one line, no escape sequences, `maxLength` characters. */
export function toPrintableText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[^\x20-\x7e]/g, '?');
}

function isDnsName(text: string): text is DnsName {
  return text.length <= 253 && text.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}
