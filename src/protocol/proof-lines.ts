/** The lines of a proof: printable ASCII, each ended by LF, `keyword value`. Knows the place of each complaint. */
import { OnionmxError } from '../errors.ts';

export interface LineSource {
  takeLine(): string;
  /** What `parse` throws becomes a complaint about the value. */
  takeOne<T>(keyword: string, parse: (value: string) => T): T;
  /** At least one, in ascending order, none twice. */
  takeSome<T extends string | number>(
    keyword: string,
    max: number,
    parse: (value: string) => T,
  ): readonly T[];
  assertEnd(): void;
  /** About the line that was taken last. */
  complain(why: string): OnionmxError;
}

/** Throws `proof-malformed`, and so does all that it returns. */
export function openLines(bytes: Uint8Array, maxBytes: number): LineSource {
  if (bytes.length > maxBytes) throw malformed(`it has more than ${maxBytes} bytes`);
  const lines = splitLines(Buffer.from(bytes).toString('latin1'));
  let taken = 0;
  const isNext = (keyword: string) => lines[taken]?.startsWith(`${keyword} `) === true;
  const complainAt = (line: number, column: number, why: string) =>
    malformed(`line ${line}, column ${column}: ${why}`);

  const source: LineSource = {
    takeLine: () => lines[taken++] ?? '',
    takeOne(keyword, parse) {
      if (!isNext(keyword)) throw complainAt(taken + 1, 1, `a line "${keyword} …" has to be here`);
      const value = source.takeLine().slice(keyword.length + 1);
      try {
        return parse(value);
      } catch (thrown) {
        if (thrown instanceof OnionmxError) throw thrown;
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        throw complainAt(taken, keyword.length + 2, why);
      }
    },
    takeSome(keyword, max, parse) {
      const values = [source.takeOne(keyword, parse)];
      while (isNext(keyword)) {
        const value = source.takeOne(keyword, parse);
        if (values.length >= max)
          throw complainAt(taken, 1, `there are more than ${max} lines "${keyword} …"`);
        if (value <= (values.at(-1) ?? value))
          throw complainAt(taken, keyword.length + 2, 'they must be in ascending order, each of them once');
        values.push(value);
      }
      return values;
    },
    assertEnd() {
      if (taken < lines.length) throw complainAt(taken + 1, 1, 'nothing may follow the signature');
    },
    complain: (why) => complainAt(taken, 1, why),
  };
  return source;
}

function splitLines(text: string): readonly string[] {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const column = line.search(/[^ -~]/) + 1;
    if (column > 0)
      throw malformed(
        `line ${index + 1}, column ${column}: octet ${line.charCodeAt(column - 1)}, only printable ASCII and LF are allowed`,
      );
  }
  if (lines.pop() !== '')
    throw malformed(`line ${lines.length + 1}: it has no line end: the proof is cut off`);
  return lines;
}

function malformed(why: string): OnionmxError {
  return new OnionmxError('proof-malformed', `the proof cannot be read: ${why}`, {
    hint: 'compare it with the file that its operator has; a new one is made by `onionmx proof make`',
  });
}
