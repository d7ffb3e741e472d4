/** The text with a line end at its end, so that lines can be added; an empty one needs none. */
export function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
