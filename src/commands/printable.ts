/** Text of others, as it may go to a terminal. */

/** Stops an attack: control characters could move the cursor, and write over what was said before. Line ends and tabs stay. */
export function toPrintable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return character === '\n' || character === '\t' ? character : '?';
  });
}
