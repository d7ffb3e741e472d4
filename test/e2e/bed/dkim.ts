/** DKIM signatures for mail of the bed (RFC 6376, rsa-sha256, simple canonicalization). */
import { createHash, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: KeyObject;
  /** The line for the zone of the domain. */
  readonly record: string;
}

export function makeDkimKey(domain: string, selector: string): DkimKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  // a string of a TXT record holds 255 octets
  const strings = text.match(/.{1,250}/g) ?? [];
  const quoted = strings.map((part) => `"${part}"`).join(' ');
  return { domain, selector, privateKey, record: `${selector}._domainkey TXT ${quoted}` };
}

/** The DKIM-Signature header for these headers, each on one line and once, and this body with its last line end. */
export function signDkim(
  { domain, selector, privateKey }: DkimKey,
  headers: readonly string[],
  body: string,
): string {
  const names = headers.map((header) => header.slice(0, header.indexOf(':'))).join(':');
  const bodyHash = createHash('sha256').update(body).digest('base64');
  const unsigned = `DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=${domain}; s=${selector}; h=${names}; bh=${bodyHash}; b=`;
  const signed = [...headers.map((header) => `${header}\r\n`), unsigned].join('');
  return `${unsigned}${createSign('sha256').update(signed).sign(privateKey, 'base64')}`;
}
