/**
 * A proof as a TXT record (RFC 1035 §3.3.14) at `_onion-mx-proof.<domain>`: the prefix and the proof in base 64 (RFC 4648 §4), cut into
 * strings of at most 255 octets. Where they are cut means nothing, their order does.
 */
import { OnionmxError } from '../errors.ts';
import type { DomainName } from './domain-name.ts';
import { proofLimits } from './proof-statement.ts';

/** The version is that of this encoding; the proof has its own. */
const prefix = 'v=onionmx-proof1;';
const maxCharacters = prefix.length + Math.ceil(proofLimits.bytes / 3) * 4;
const ttlSeconds = 3600;

export function proofTxtName(domain: DomainName): string {
  return `_onion-mx-proof.${domain}`;
}

/** The strings of the record, all but the last one full. */
export function encodeProofTxt(proof: string): readonly string[] {
  const text = `${prefix}${Buffer.from(proof, 'latin1').toString('base64')}`;
  return text.match(/.{1,255}/g) ?? [];
}

/** The line of a zone file. */
export function formatProofTxtRecord(domain: DomainName, proof: string): string {
  const strings = encodeProofTxt(proof).map((text) => `"${text}"`);
  return `${proofTxtName(domain)}. ${ttlSeconds} IN TXT ${strings.join(' ')}\n`;
}

/**
 * The octets of the proof in one record, its strings in their order. undefined for a record of another kind, which any wildcard may
 * put there. Throws `proof-malformed`.
 */
export function decodeProofTxt(strings: readonly Uint8Array[]): Buffer | undefined {
  const text = Buffer.concat(strings).toString('latin1');
  if (!text.startsWith(prefix)) return undefined;
  if (text.length > maxCharacters) throw malformed(`it has more than ${maxCharacters} characters`);
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64');
  // one proof has one record: what Buffer.from read over does not come back
  if (bytes.toString('base64') !== encoded) throw malformed(`what follows ${prefix} is no base 64`);
  return bytes;
}

function malformed(why: string): OnionmxError {
  return new OnionmxError('proof-malformed', `the TXT record of the proof cannot be read: ${why}`, {
    hint: 'compare the record with the lines of `onionmx proof make --txt`: no string may be missing, or in another place',
  });
}
