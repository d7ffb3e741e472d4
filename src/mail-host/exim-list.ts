/** Exim's lists: separated by colons, or by the character that a list begins with (`<; a ; b`); doubled, it is part of an item. */
export function splitEximList(list: string): readonly string[] {
  const [, separator = ':', rest = list] = /^\s*<([^\sa-z0-9])(.*)$/is.exec(list) ?? [];
  const quoted = `\\${separator}`;
  return (rest.match(new RegExp(`(?:[^${quoted}]|${quoted}{2})+`, 'g')) ?? [])
    .map((item) => item.replaceAll(separator.repeat(2), separator).trim())
    .filter((item) => item !== '');
}
