/** The address lists of Postfix, such as mynetworks: the first entry that matches decides, `!` excludes. */
import { type IpRange, parseIpRange, rangeHolds, rangesOverlap } from '../mail-host/ip-range.ts';
import { splitPostfixWords } from '../mail-host/postfix-words.ts';

/** What is looked for: an address or a range of them, and the name that Postfix has for it. */
export interface ClientAddress {
  readonly range: IpRange;
  readonly name: string;
}

export type ListMatch =
  | { readonly kind: 'in'; readonly entry: string }
  | { readonly kind: 'out' }
  /** It is in no entry that we can read, but these are tables or files. */
  | { readonly kind: 'unreadable'; readonly entry: string };

export function splitAddressList(value: string): readonly string[] {
  return splitPostfixWords(value, 'blanks and commas');
}

export function matchAddressList(value: string, client: ClientAddress): ListMatch {
  let unreadable: string | undefined;
  for (const entry of splitAddressList(value)) {
    const excludes = entry.startsWith('!');
    const overlap = overlapOf(entry.replace(/^!+/, ''), client);
    if (overlap === 'unreadable' && !excludes) unreadable ??= entry;
    // A part of a range that is let in is enough for a relay; a part that is shut out protects only itself.
    if (!excludes && (overlap === 'whole' || overlap === 'part')) return { kind: 'in', entry };
    if (excludes && overlap === 'whole') break;
  }
  return unreadable === undefined ? { kind: 'out' } : { kind: 'unreadable', entry: unreadable };
}

function overlapOf(pattern: string, client: ClientAddress): 'whole' | 'part' | 'none' | 'unreadable' {
  const range = parseIpRange(pattern);
  if (range !== undefined) {
    if (rangeHolds(range, client.range)) return 'whole';
    return rangesOverlap(range, client.range) ? 'part' : 'none';
  }
  // `type:table`, `/a/file` of more entries, and a `${…}` that was not filled in.
  if (/[:/$]/.test(pattern)) return 'unreadable';
  // Postfix compares a name with the client's own.
  return pattern.toLowerCase() === client.name ? 'whole' : 'none';
}
