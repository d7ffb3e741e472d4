/** Reads the end of a log, to be shown with a failure. */
import { readFileSync } from 'node:fs';

export function readTail(path: string, lineCount = 15): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lineCount).join('\n');
  } catch {
    return `(${path} cannot be read)`;
  }
}
