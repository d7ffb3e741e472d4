/** How Postfix cuts a line into words, and how it fills in `$name` (postconf(5)). */

/** Words apart by blanks (and commas, when asked); what stands in braces stays together. */
export function splitPostfixWords(text: string, apart: 'blanks' | 'blanks and commas'): readonly string[] {
  const isSeparator = apart === 'blanks' ? /\s/ : /[\s,]/;
  const words: string[] = [];
  let word = '';
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth <= 0 && isSeparator.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else word += character;
  }
  return word === '' ? words : [...words, word];
}

/**
 * Fills in `$name`, `${name}` and `$(name)`. A condition, `${name?text}`, stays as it is: who reads the value then
 * meets a `$` and knows that it cannot be told; `postconf -Mx` resolves them.
 */
export function expandPostfixValue(
  value: string,
  lookUp: (name: string) => string | undefined,
  /** Postfix refuses a name that leads back to itself; here it is empty, so that this always ends. */
  open: ReadonlySet<string> = new Set(),
): string {
  return value.replace(/\$(?:(\w+)|\{(\w+)\}|\((\w+)\))/g, (_, plain, braced, bracketed) => {
    const name = String(plain ?? braced ?? bracketed);
    return open.has(name) ? '' : expandPostfixValue(lookUp(name) ?? '', lookUp, new Set([...open, name]));
  });
}
