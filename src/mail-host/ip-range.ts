/** Ranges of IP addresses: `127.0.0.1`, `127.0.0.0/8`, `[::1]`, `[fc00::]/7`. (node:net has such a list, but sockets are for net/ alone.) */

export interface IpRange {
  /** 32 or 128: the two families never overlap. */
  readonly width: 32 | 128;
  readonly address: bigint;
  readonly prefixLength: number;
}

export function parseIpRange(text: string): IpRange | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^/[\]]*))(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const width = host.includes(':') ? 128 : 32;
  const address = width === 128 ? parseIpv6(host) : parseIpv4(host);
  const prefixLength = digits === undefined ? width : Number(digits);
  if (address === undefined || prefixLength > width) return undefined;
  return { width, address, prefixLength };
}

/** Two ranges overlap only when the wider holds the narrower. */
export function rangesOverlap(one: IpRange, other: IpRange): boolean {
  if (one.width !== other.width) return false;
  const shift = BigInt(one.width - Math.min(one.prefixLength, other.prefixLength));
  return one.address >> shift === other.address >> shift;
}

export function rangeHolds(outer: IpRange, inner: IpRange): boolean {
  return outer.prefixLength <= inner.prefixLength && rangesOverlap(outer, inner);
}

function parseIpv4(host: string): bigint | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return undefined;
  const octets = host.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

function parseIpv6(host: string): bigint | undefined {
  if (!/^[0-9a-f:.]+$/i.test(host) || !URL.canParse(`http://[${host}]`)) return undefined;
  const canonical = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [front = '', back = ''] = canonical.split('::');
  const [left, right] = [splitGroups(front), splitGroups(back)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

function splitGroups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}
