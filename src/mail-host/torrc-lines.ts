/** The lines of a torrc (tor(1), "THE CONFIGURATION FILE FORMAT"): option, value, comments, quotes, continuations. */

export interface TorrcLine {
  /** The option in lower case: tor folds it too. */
  readonly option: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

interface Value {
  readonly text: string;
  /** Where the next option may begin. */
  readonly end: number;
}

export function parseTorrcLines(text: string): readonly TorrcLine[] {
  const lines: TorrcLine[] = [];
  let position = 0;
  let line = 1;
  while (position < text.length) {
    // A leading + adds to what an earlier file said: for us the same.
    const [head = '', option = ''] = /^[^\S\n]*\+?([^\s#]*)[^\S\n]*/.exec(text.slice(position)) ?? [];
    const start = position + head.length;
    const value = text[start] === '"' ? readQuoted(text, start) : readPlain(text, start);
    if (option !== '') lines.push({ option: option.toLowerCase(), value: value.text, line });
    line += countLineEnds(text.slice(position, value.end));
    position = value.end;
  }
  return lines;
}

/** As tor does it: in a value that was continued, a comment ends with its line and the value goes on after it. */
function readPlain(text: string, start: number): Value {
  let position = start;
  let value = '';
  let continued = false;
  while (position < text.length && text[position] !== '\n' && (text[position] !== '#' || continued)) {
    if (text.startsWith('\\\n', position)) {
      continued = true;
      position += 2;
    } else if (text[position] === '#') position = lineEnd(text, position);
    else value += text[position++];
  }
  return { text: value.trim(), end: lineEnd(text, position) };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function readQuoted(text: string, start: number): Value {
  const [, quoted = ''] = /^"((?:[^"\\\n]|\\[^\n])*)/.exec(text.slice(start, lineEnd(text, start))) ?? [];
  const value = quoted.replace(/\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))/gi, (_, hex, octal, other) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(String(hex), 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(String(octal), 8));
    return escapes[String(other)] ?? String(other);
  });
  return { text: value, end: lineEnd(text, start) };
}

/** The place after the line end that comes next. */
function lineEnd(text: string, position: number): number {
  const found = text.indexOf('\n', position);
  return found === -1 ? text.length : found + 1;
}

function countLineEnds(text: string): number {
  return text.split('\n').length - 1;
}
