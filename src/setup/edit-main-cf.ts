/** Sets parameters in the text of a main.cf (postconf(5), "FILE FORMAT"); everything else stays as it is, to the byte. */
import { endLine } from './end-line.ts';
import { type LogicalLine, logicalLines } from '../mail-host/logical-lines.ts';

/** A parameter that has the value already is left alone; a new one goes to the end, below the comment. */
export function setParameters(
  text: string,
  settings: readonly (readonly [name: string, value: string])[],
  comment: string,
): string {
  const missing: string[] = [];
  let edited = text;
  for (const [name, value] of settings) {
    const replaced = replaceParameter(edited, name, value);
    if (replaced === undefined) missing.push(formatParameter(name, value));
    else edited = replaced;
  }
  if (missing.length === 0) return edited;
  return `${endLine(edited)}\n# ${comment}\n${missing.join('\n')}\n`;
}

function formatParameter(name: string, value: string): string {
  return `${name} = ${value}`.trimEnd();
}

/** As written, its references not resolved; undefined when the text does not set it. */
export function readParameter(text: string, name: string): string | undefined {
  const found = findParameter(text.split('\n'), name);
  return found === undefined ? undefined : valueOf(found.text);
}

/** undefined when the text does not set it. */
function replaceParameter(text: string, name: string, value: string): string | undefined {
  const lines = text.split('\n');
  const found = findParameter(lines, name);
  if (found === undefined) return undefined;
  if (valueOf(found.text) === value) return text;
  const [first, ...continued] = found.lineNumbers;
  const kept = lines.map((line, index) => (index === first ? formatParameter(name, value) : line));
  return kept.filter((_, index) => !continued.includes(index)).join('\n');
}

/** Of two lines for one name the later one holds, so that is the one. */
function findParameter(lines: readonly string[], name: string): LogicalLine | undefined {
  return logicalLines(lines).findLast(({ text }) => nameOf(text) === name);
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf('='))).trim();
}

function valueOf(line: string): string {
  return line.slice(line.indexOf('=') + 1).trim();
}
