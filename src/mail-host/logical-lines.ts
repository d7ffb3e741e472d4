/**
 * The logical lines of main.cf and master.cf (postconf(5), master(5)): a line that begins with white space goes on with the
 * one before it, and comments and empty lines between them do not count.
 */

export interface LogicalLine {
  /** Its parts, joined by a blank. */
  readonly text: string;
  /** The lines that it stands on, counted from 0. The first is where it begins. */
  readonly lineNumbers: readonly [number, ...number[]];
}

export function logicalLines(lines: readonly string[]): readonly LogicalLine[] {
  const found: LogicalLine[] = [];
  for (const [number, line] of lines.entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const last = found.at(-1);
    if (last !== undefined && /^\s/.test(line))
      found[found.length - 1] = { text: `${last.text} ${text}`, lineNumbers: [...last.lineNumbers, number] };
    else found.push({ text, lineNumbers: [number] });
  }
  return found;
}
