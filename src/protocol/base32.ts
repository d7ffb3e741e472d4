/** Base 32 as Tor writes it: RFC 4648 §6, lower case, without padding. */

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** The bits that are left over at the end are filled up with zeros. */
export function encodeBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const fives = bits.match(/.{1,5}/g) ?? [];
  return fives.map((five) => alphabet.charAt(Number.parseInt(five.padEnd(5, '0'), 2))).join('');
}

/** Either case. undefined when it is no base 32, or has bits set that no byte holds: one value has one spelling. */
export function decodeBase32(text: string): Buffer | undefined {
  const values = Array.from(text.toLowerCase(), (character) => alphabet.indexOf(character));
  if (values.includes(-1)) return undefined;
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  const whole = bits.length - (bits.length % 8);
  if (bits.slice(whole).includes('1') || bits.length - whole >= 5) return undefined;
  return Buffer.from(Array.from({ length: whole / 8 }, (_, at) => byteAt(bits, at)));
}

function byteAt(bits: string, at: number): number {
  return Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2);
}
