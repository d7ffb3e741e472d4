/** A log that keeps its lines, for tests that look at them. */
import type { Log, LogLevel } from '../src/log.ts';

interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function createRecordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const note = (level: LogLevel) => (fields: Readonly<Record<string, unknown>>, event: string) => {
    lines.push({ level, event, fields });
  };
  return { lines, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
}
