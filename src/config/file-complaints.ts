/** Everything that is wrong with one file, each complaint with its line and column. */
import type { LineCounter } from 'yaml';

interface Complaint {
  readonly offset: number;
  readonly what: string;
}

export class FileComplaints {
  readonly #fileName: string;
  readonly #lineCounter: LineCounter;
  readonly #complaints: Complaint[] = [];

  constructor(fileName: string, lineCounter: LineCounter) {
    this.#fileName = fileName;
    this.#lineCounter = lineCounter;
  }

  /** `offset` counts characters from the start of the file. */
  add(offset: number, what: string): void {
    if (this.#complaints.some((known) => known.offset === offset && known.what === what)) return;
    this.#complaints.push({ offset, what });
  }

  /** `file:line:column`, both counted from 1 */
  placeOf(offset: number): string {
    const { line, col } = this.#lineCounter.linePos(offset);
    return `${this.#fileName}:${line}:${col}`;
  }

  /** `file:line:column: what`, from the top of the file to its end */
  toLines(): string[] {
    const sorted = this.#complaints.toSorted((one, other) => one.offset - other.offset);
    return sorted.map(({ offset, what }) => `${this.placeOf(offset)}: ${what}`);
  }
}
